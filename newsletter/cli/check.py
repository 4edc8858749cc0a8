"""check: the points that an email must satisfy, on the edition that would go out now."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from newsletter.bootstrap import open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, Reader, Weekly, async_command
from newsletter.cli.output import print_json, print_lines
from newsletter.cli.work import drafted
from newsletter.errors import CheckFailed
from newsletter.render.findings import Finding, Status

__all__ = ["check", "counted"]

_MARKS = {Status.PASS: ("✓ pass", "green"), Status.WARN: ("! warn", "yellow"), Status.FAIL: ("✗ FAIL", "red")}


@async_command
async def check(
    reader: Reader = None,
    weekly: Weekly = False,
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    json: Json = False,
) -> None:
    """Judge the edition that would go out now by twenty points, and say how to mend each.

    Sends nothing and changes nothing. Ends with 1 where a point fails; docs/email.md explains them.
    """
    async with open_app(config, now) as app:
        draft = await drafted(app, weekly=weekly)
        findings = (await app.inspect(draft, reader)).findings
    if json:
        print_json(_json(findings))
    else:
        print_lines([draft.edition.subject, ""])
        _print(findings)
        print_lines(["", counted(findings)])
    if failed := [finding for finding in findings if finding.status is Status.FAIL]:
        raise CheckFailed(f"{len(failed)} of {len(findings)} points fail.")


def counted(findings: Sequence[Finding]) -> str:
    """`18 pass, 2 warn`."""
    counts = Counter(finding.status for finding in findings)
    return ", ".join(f"{counts[status]} {status}" for status in Status if counts[status])


def _print(findings: Sequence[Finding]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(justify="right")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        mark, colour = _MARKS[finding.status]
        words = Text.assemble((finding.name, "bold"), "\n", finding.detail)
        if finding.mend:
            words.append(f"\n→ {finding.mend}")
        table.add_row(str(finding.point), Text(mark, style=colour), words)
    Console(highlight=False).print(table)


def _json(findings: Sequence[Finding]) -> dict[str, object]:
    counts = Counter(finding.status for finding in findings)
    return {
        "checks": [
            {
                "point": finding.point,
                "name": finding.name,
                "status": finding.status,
                "detail": finding.detail,
                "mend": finding.mend or None,
            }
            for finding in findings
        ],
        **{status.value: counts[status] for status in Status},
    }
