"""bounces classify: what messages are that came back; the group of commands that `returns` belongs to."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.options import Json
from newsletter.cli.output import print_json, print_table
from newsletter.cli.returns import list_bounces, scan
from newsletter.errors import InputError

if TYPE_CHECKING:
    from newsletter.core.bounces import Verdict

__all__ = ["app"]

app = typer.Typer(help="What comes back.", no_args_is_help=True)

app.command("scan")(scan)
app.command("list")(list_bounces)

_STDIN = Path("-")
_MOST_BYTES = 1_000_000


@app.command()
def classify(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Messages, folders of them, or - for standard input."),
    ],
    as_json: Json = False,
) -> None:
    """Say what each message is: a hard or a soft bounce, a complaint, an automatic reply, or none of these.

    Needs no configuration. With --json one object a line, in the order given; a folder's files by name.
    """
    from newsletter.core.bounces import classify as classified  # brings flufl.bounce with it

    unreadable: list[str] = []
    told = ((name, classified(message)) for name, message in _messages(files, unreadable))
    if as_json:
        for name, verdicts in told:
            print_json(_as_json(name, verdicts))
    else:
        print_table(("FILE*", "KIND", "RECIPIENT*", "STATUS", "CAUSE", "DETAIL*"), _rows(told))
    if unreadable:
        raise InputError("\n".join(unreadable))


def _messages(given: Iterable[Path], unreadable: list[str]) -> Iterator[tuple[str, bytes]]:
    """Names and bytes; what cannot be read is told in `unreadable`, and the others go on."""
    for path in given:
        for file in _files(path):
            try:
                yield str(file), _read(file)
            except OSError as error:
                unreadable.append(f"{file}: cannot be read ({error.strerror}).")


def _files(given: Path) -> list[Path]:
    return sorted(file for file in given.iterdir() if file.is_file()) if given.is_dir() else [given]


def _read(file: Path) -> bytes:
    """As much as can matter."""
    if file == _STDIN:
        return sys.stdin.buffer.read(_MOST_BYTES)
    with file.open("rb") as stream:
        return stream.read(_MOST_BYTES)


def _as_json(name: str, verdicts: "Sequence[Verdict]") -> dict[str, object]:
    first = _verdict_json(verdicts[0])
    several = {"recipients": [_verdict_json(verdict) for verdict in verdicts]} if len(verdicts) > 1 else {}
    return {"file": name, **first, **several}


def _verdict_json(verdict: "Verdict") -> dict[str, object]:
    return {
        "kind": verdict.kind,
        "recipient": verdict.recipient,
        "status": verdict.status,
        "cause": verdict.cause,
        "detail": verdict.detail,
    }


def _rows(told: "Iterable[tuple[str, Sequence[Verdict]]]") -> Iterator[Sequence[object]]:
    """One for each recipient; the name of the file stands once."""
    for name, verdicts in told:
        for at, verdict in enumerate(verdicts):
            cells = (verdict.kind, verdict.recipient, verdict.status, verdict.cause, verdict.detail[:120])
            yield (name if at == 0 else "", *cells)
