"""What all commands share: their common options, and how an async command runs, for which newsletter."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, ParamSpec, cast

import typer

from newsletter.cli.several import Call, in_turn
from newsletter.config import ConfigFile, newsletters_in
from newsletter.config.several import unnamed
from newsletter.core.segments import Segment, parse_segment
from newsletter.errors import ConfigError, InputError

__all__ = [
    "Config",
    "Json",
    "Now",
    "Part",
    "Reader",
    "Slot",
    "Weekly",
    "async_command",
    "command_for_all",
    "command_for_each",
    "new_runner",
    "read_segment",
]

P = ParamSpec("P")
Command = Callable[P, Coroutine[Any, Any, None]]


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


Config = Annotated[
    ConfigFile,
    typer.Option(
        "--config",
        metavar="FILE",
        parser=lambda given: ConfigFile(Path(str(given))),  # typer parses the default, too
        help="The newsletter's configuration.",
    ),
]
_Newsletter = Annotated[
    str | None,
    typer.Option("--newsletter", metavar="NAME", help="Which one, where that file has several."),
]
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

DEFAULT_CONFIG = ConfigFile(Path("newsletter.toml"))


def async_command(command: Command[P]) -> Callable[P, None]:
    """Let typer call a coroutine function. Where it takes the configuration it is about one newsletter, which
    must be named where the file has several."""

    def run(config: ConfigFile, call: Call, names: Sequence[str], *, json: bool) -> None:
        if names:
            raise typer.BadParameter(unnamed(config, names), param_hint="--newsletter")
        call(config)

    return _command(command, run)


def command_for_each(command: Command[P]) -> Callable[P, None]:
    """The same for what is done every day: where none is named, it is done for each newsletter in turn."""

    def run(config: ConfigFile, call: Call, names: Sequence[str], *, json: bool) -> None:
        if names:
            in_turn([replace(config, newsletter=name) for name in names], call, json=json)
        else:
            call(config)

    return _command(command, run)


def command_for_all(command: Command[P]) -> Callable[P, None]:
    """The same for what looks itself which newsletters there are."""

    def run(config: ConfigFile, call: Call, names: Sequence[str], *, json: bool) -> None:
        call(config)

    return _command(command, run)


def new_runner() -> asyncio.Runner:
    """With uvloop, which hands over twice as many messages in the same time; there is none for Windows."""
    try:
        import uvloop
    except ImportError:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


def _command(command: Command[P], run: Callable[..., None]) -> Callable[P, None]:
    """With --newsletter where there is a `Config`. `run` gets the file, what runs the command for
    it, and the newsletters that it is to be about where none is named."""

    @wraps(command)
    def started(*args: P.args, **kwargs: P.kwargs) -> None:
        with new_runner() as runner:
            runner.run(command(*args, **kwargs))

    started.__doc__ = _unwrapped(command.__doc__ or "")
    given = signature(command)
    if "config" not in given.parameters or given.parameters["config"].annotation is not Config:
        return started

    @wraps(started)
    def chosen(**options: Any) -> None:
        config: ConfigFile = replace(options["config"], newsletter=options.pop("newsletter", None))
        names = _names_in(config)
        if names and config.newsletter and config.newsletter not in names:
            raise typer.BadParameter(unnamed(config, names, config.newsletter), param_hint="--newsletter")

        def call(file: ConfigFile) -> None:
            started(**options | {"config": file})  # type: ignore[call-arg]

        run(config, call, () if config.newsletter else names, json=options.get("json", False))

    vars(chosen)["__signature__"] = _with_newsletter(given)
    return cast(Callable[P, None], chosen)


def _unwrapped(text: str) -> str:
    """With a line for each paragraph, as --help wraps them itself."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _names_in(config: ConfigFile) -> Sequence[str]:
    """None where the file cannot be read: the command says what is wrong with it, or looks for just that."""
    try:
        return newsletters_in(config.path)
    except ConfigError:
        return ()


def _with_newsletter(given: Signature) -> Signature:
    """As typer is to see it."""
    option = Parameter("newsletter", Parameter.KEYWORD_ONLY, default=None, annotation=_Newsletter)
    shown: list[Parameter] = []
    for parameter in given.parameters.values():
        shown.append(parameter.replace(kind=Parameter.KEYWORD_ONLY))
        shown += [option] if parameter.name == "config" else []
    return given.replace(parameters=shown)
