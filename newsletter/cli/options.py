"""What all commands share: their common options, and how an async command runs."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import typer

from newsletter.core.segments import Segment, parse_segment
from newsletter.errors import InputError

__all__ = [
    "Config",
    "Json",
    "Now",
    "Part",
    "Reader",
    "Slot",
    "Weekly",
    "async_command",
    "new_runner",
    "read_segment",
]

P = ParamSpec("P")


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f'{text!r} is not a time; write "2026-03-11T07:30:00+01:00".') from None
    if not 1971 <= instant.year <= 9000:
        raise typer.BadParameter("the year must be between 1971 and 9000.")
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def read_segment(text: str) -> Segment:
    """As an option of the command line."""
    try:
        return parse_segment(text)
    except InputError as error:
        raise typer.BadParameter(str(error)) from None


Config = Annotated[Path, typer.Option("--config", metavar="FILE", help="The newsletter's configuration.")]
Now = Annotated[
    datetime | None,
    typer.Option(
        "--now", metavar="ISO8601", parser=_instant, help="Act as if it were this time (UTC if no offset)."
    ),
]
Json = Annotated[bool, typer.Option("--json", metavar="", help="Print JSON, and nothing else, on stdout.")]
Reader = Annotated[str | None, typer.Option("--as", metavar="EMAIL", help="This subscriber's copy.")]
Slot = Annotated[
    str | None,
    typer.Option("--slot", metavar="now", help='"now" makes an extra edition off the schedule.'),
]

Weekly = Annotated[
    bool, typer.Option("--weekly", metavar="", help="The best of the week in place of the daily edition.")
]
Part = Annotated[
    Segment | None,
    typer.Option(
        "--segment",
        metavar="CONDITIONS",
        parser=read_segment,
        help="With --slot now: only for these readers, such as 'tag:beta and not language:de'.",
    ),
]

DEFAULT_CONFIG = Path("newsletter.toml")


def async_command(command: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Let typer call a coroutine function."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with new_runner() as runner:
            runner.run(command(*args, **kwargs))

    return run


def new_runner() -> asyncio.Runner:
    """With uvloop, which hands over twice as many messages in the same time; there is none for Windows."""
    try:
        import uvloop
    except ImportError:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)
