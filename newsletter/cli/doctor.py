"""doctor: what would keep mail out of the inbox, or the daily job from running, and how to mend it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Annotated

import typer
from rich.console import Console, RenderableType
from rich.text import Text

from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, command_for_each
from newsletter.cli.output import print_json
from newsletter.core.doctor import Finding, Status, check_of

__all__ = ["doctor"]

_MARKS = {
    Status.OK: ("✓", "green"),
    Status.WARNING: ("!", "yellow"),
    Status.PROBLEM: ("✗", "red"),
    Status.UNKNOWN: ("?", "cyan"),
}
_WIDEST = 100
"""Columns, beyond which lines are hard to read."""


@command_for_each
async def doctor(
    offline: Annotated[
        bool, typer.Option("--offline", metavar="", help="Ask nothing of the network.")
    ] = False,
    resolver: Annotated[
        str | None,
        typer.Option(
            metavar="HOST[:PORT]", help="Ask this name server, such as your domain's own, not the system's."
        ),
    ] = None,
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    json: Json = False,
) -> None:
    """Find what would keep mail out of the inbox, or the daily job from running.

    Looks at the configuration, the email, the DNS, mail servers, web pages, this machine and the last slots,
    and says how to mend each. Sends nothing and changes nothing. Ends with 1 where there is a problem.
    """
    # Brings the DNS, TLS and the judges of emails with it.
    from newsletter.bootstrap.doctor import examine

    findings = await examine(config, now, offline=offline, resolver=resolver)
    sick = any(finding.status is Status.PROBLEM for finding in findings)
    if json:
        print_json({"ok": not sick, **_counts(findings), "findings": list(map(_json, findings))})
    else:
        _print(findings)
    if sick:
        raise typer.Exit(1)


def _json(finding: Finding) -> dict[str, object]:
    return {
        "check": finding.check,
        "status": finding.status,
        "title": finding.title,
        "detail": finding.detail,
        "mend": finding.mend,
    }


def _counts(findings: Sequence[Finding]) -> dict[str, int]:
    counts = Counter(finding.status for finding in findings)
    return {status.value.replace(" ", "_"): counts[status] for status in Status if status is not Status.OK}


def _print(findings: Sequence[Finding]) -> None:
    console = Console(highlight=False)
    width = min(console.width, _WIDEST)
    for group, found in groupby(findings, key=lambda finding: check_of(finding.check).group):
        shown = [finding for finding in found if finding.status is not Status.NOT_ASKED]
        if shown:
            console.print(Text(group, style="bold"))
        for finding in shown:
            _print_one(console, finding, width)
        if shown:
            console.print()
    for line in _left_out(findings):
        console.print(_indented(Text(line, style="dim"), 2, width))
    console.print(Text(_summary(findings), style="bold"))


def _print_one(console: Console, finding: Finding, width: int) -> None:
    mark, colour = _MARKS[finding.status]
    title = Text.assemble((mark, colour), " ", _printable(finding.title))
    console.print(_indented(title, 4, width, hanging=2))
    if finding.status is Status.OK:
        return
    if finding.detail:
        console.print(_indented(Text(_printable(finding.detail)), 4, width))
    mend, *lines = finding.mend.splitlines() or [""]
    if mend:
        console.print(_indented(Text(f"→ {_printable(mend)}"), 6, width, hanging=2))
    for line in lines:  # as they are, however long: they are to be copied
        console.print(Text(f"      {_printable(line)}", style="cyan"), soft_wrap=True)


def _indented(text: Text, indent: int, width: int, hanging: int = 0) -> RenderableType:
    """Wrapped; the first line begins `hanging` columns before the others."""
    console = Console(width=width)
    lines = text.wrap(console, width - indent)
    for line in lines:
        line.rstrip()
    return Text("\n").join(
        Text(" " * (indent - (0 if at else hanging))) + line for at, line in enumerate(lines)
    )


def _left_out(findings: Sequence[Finding]) -> Iterator[str]:
    """What was not asked, a line for each reason."""
    left = [finding for finding in findings if finding.status is Status.NOT_ASKED]
    for reason in dict.fromkeys(finding.detail for finding in left):
        names = ", ".join(finding.title for finding in left if finding.detail == reason)
        yield f"Not asked ({reason}): {names}."


def _summary(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.status for finding in findings)
    words = [
        _counted(counts[Status.PROBLEM], "problem", "problems"),
        _counted(counts[Status.WARNING], "warning", "warnings"),
        _counted(counts[Status.UNKNOWN], "not known", "not known"),
    ]
    return ", ".join([*filter(None, words), f"{counts[Status.OK]} in order"]) + "."


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}" if count else ""


def _printable(text: str) -> str:
    """Without what a terminal would obey: some of it comes from name servers and mail servers."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
