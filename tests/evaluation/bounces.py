"""How many returned messages are understood, and how often hard and soft are told apart as people did.

    python tests/evaluation/bounces.py --data DIR [--wrong]

DIR has messages as *.eml, and labels.json: for each file a list of {hard, reason}, one for each recipient.
What must not be called a bounce is in tests/samples/bounces. Prints one JSON object; a message is recognised
where it is called anything at all, a recipient agrees where the label is hard and the verdict
too, or neither. `--wrong` adds the files that were not recognised or do not agree. Exit 1 where a figure is
below what is wanted, or an ordinary message is called a bounce.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from newsletter.core.bounces import Kind, Verdict, classify

ORDINARY = Path(__file__).parents[1] / "samples" / "bounces"
WANTED = {"recognised": 0.94, "agreement": 0.9}
BOUNCES = {Kind.HARD, Kind.SOFT, Kind.COMPLAINT}


@dataclass
class Figures:
    """Of one group of messages."""

    messages: int = 0
    recognised: int = 0
    labels: int = 0
    agreeing: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, name: str, verdicts: Sequence[Verdict], labels: Sequence[Mapping[str, Any]]) -> None:
        """Count one message."""
        is_recognised = verdicts[0].kind is not Kind.NONE
        agreeing = agreement(verdicts, labels) if is_recognised else 0
        self.messages += 1
        self.recognised += is_recognised
        self.labels += len(labels)
        self.agreeing += agreeing
        if not is_recognised or agreeing < len(labels):
            self.wrong.append(name)

    def as_json(self) -> dict[str, object]:
        """As shares of one."""
        agreement = round(self.agreeing / self.labels, 4) if self.labels else None
        return {
            "messages": self.messages,
            "recognised": round(self.recognised / self.messages, 4),
            "agreement": agreement,
        }


def agreement(verdicts: Sequence[Verdict], labels: Sequence[Mapping[str, Any]]) -> int:
    """How many of the labels have a verdict that says the same; the labels do not name the recipients."""
    said = Counter(verdict.kind is Kind.HARD for verdict in verdicts)
    return (said & Counter(bool(label["hard"]) for label in labels)).total()


def measured(folder: Path, *, wrong: bool) -> dict[str, Any]:
    """All figures."""
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    everything, groups = Figures(), dict[str, Figures]()
    for file in sorted(folder.glob("*.eml")):
        verdicts = classify(file.read_bytes())
        group = groups.setdefault(file.stem.rpartition("-")[0], Figures())
        for figures in (everything, group):
            figures.add(file.stem, verdicts, labels.get(file.name, ()))
    ordinary = [
        file for file in sorted(ORDINARY.glob("*.eml")) if file.stem.startswith(("none-", "auto-reply-"))
    ]
    mistaken = [file.stem for file in ordinary if classify(file.read_bytes())[0].kind in BOUNCES]
    return {
        **everything.as_json(),
        "false_positives": len(mistaken),
        "ordinary": len(ordinary),
        "by_group": {name: figures.as_json() for name, figures in sorted(groups.items())},
        **({"wrong": everything.wrong + mistaken} if wrong else {}),
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--wrong", action="store_true")
    options = parser.parse_args()
    found = measured(options.data, wrong=options.wrong)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    sys.exit(1 if found["false_positives"] or any(found[key] < least for key, least in WANTED.items()) else 0)


if __name__ == "__main__":
    main()
