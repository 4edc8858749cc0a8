"""What we call an address, beside the verdicts of isemail's two sets of tests.

    python tests/evaluation/addresses.py --data DIR

DIR holds tests.xml and tests-original.xml of github.com/dominicsayers/isemail. Its verdict is yes where the
category says that the address is valid for SMTP, whether or not its domain was found in the DNS. Prints one
JSON object: how many agree, and each that differs by the class that docs/addresses.md explains. Exit code 1
where one differs for which there is no explanation, or where the sets are not there.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.etree import ElementTree

from newsletter.core.address import normalise_address
from newsletter.errors import InputError

SETS = ("tests.xml", "tests-original.xml")
FOR_SMTP = {"ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN", "ISEMAIL_RFC5321"}
EXPLAINED = {
    "quoted local part": ("ISEMAIL_RFC5321_QUOTEDSTRING", ""),
    "address literal": ("ISEMAIL_RFC5321_", "bracketed IP address"),
    "domain without a dot": ("", "should have a period"),
    "impossible top-level domain": ("", "not within a valid top-level domain"),
    "no domain of IDNA 2008": ("", "not valid IDNA"),
}
"""Where we say no and they say yes: how their diagnosis begins, and what our reason has in it."""
TRIMMED = "white space around it"
"""Where we say yes and they say no."""


@dataclass(frozen=True)
class Verdict:
    """One address of the sets, and what both say of it."""

    id: str
    address: str
    diagnosis: str
    theirs: bool
    ours: bool
    reason: str
    """Ours, where we refuse it."""

    @property
    def explanation(self) -> str:
        """The class of a difference; "" for one that nobody has thought about."""
        if self.ours:
            return TRIMMED if self.address != self.address.strip() else ""
        fitting = (
            name
            for name, (diagnosis, reason) in EXPLAINED.items()
            if self.diagnosis.startswith(diagnosis) and reason in self.reason
        )
        return next(fitting, "")


def verdicts(data: Path) -> Iterator[Verdict]:
    """Of both sets, in their order."""
    for file in SETS:
        for test in ElementTree.parse(data / file).iterfind("test"):  # noqa: S314 a file of our own choice
            address = _controls(test.findtext("address") or "")
            reason = _refusal(address)
            yield Verdict(
                id=f"{file} {test.get('id')}",
                address=address,
                diagnosis=test.findtext("diagnosis") or "",
                theirs=test.findtext("category") in FOR_SMTP,
                ours=not reason,
                reason=reason,
            )


def compared(data: Path) -> dict[str, object]:
    """What is printed."""
    found = list(verdicts(data))
    differ: dict[str, list[dict[str, object]]] = {}
    for verdict in found:
        if verdict.ours != verdict.theirs:
            differ.setdefault(verdict.explanation, []).append(asdict(verdict))
    return {
        "addresses": len(found),
        "agree": sum(verdict.ours == verdict.theirs for verdict in found),
        "differ": {name: len(those) for name, those in sorted(differ.items())},
        "unexplained": len(differ.get("", ())),
        "differences": dict(sorted(differ.items())),
    }


def _refusal(address: str) -> str:
    try:
        normalise_address(address)
    except InputError as error:
        return str(error).removeprefix(f"{address!r} is not an email address: ")
    return ""


def _controls(text: str) -> str:
    """XML cannot hold control characters: the sets have their symbols, U+2400 and on, in their place."""
    return "".join(chr(ord(sign) - 0x2400) if "\u2400" <= sign <= "\u241f" else sign for sign in text)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    result = compared(parser.parse_args().data)
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    sys.exit(1 if result["unexplained"] or not result["addresses"] else 0)


if __name__ == "__main__":
    main()
