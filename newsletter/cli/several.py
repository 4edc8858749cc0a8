"""A command for several newsletters, one after the other."""

import sys
from collections.abc import Callable, Sequence

import typer

from newsletter.cli.output import print_error, print_heading, print_json
from newsletter.cli.turn import Turn, taking_turn
from newsletter.config import ConfigFile
from newsletter.errors import NewsletterError

__all__ = ["Call", "in_turn"]

Call = Callable[[ConfigFile], None]
"""Runs the command for the newsletter that is named there."""


def in_turn(files: Sequence[ConfigFile], call: Call, *, json: bool) -> None:
    """One that fails does not stop the others, but the exit code is 1 then. Whoever asks for an end (Ctrl-C)
    means all of them."""
    turns: dict[str, Turn] = {}
    for file in files:
        name = file.newsletter or ""
        turns[name] = _take_turn(name, file, call, json=json)
        if turns[name].is_last:
            break
    if json:
        print_json({"newsletters": {name: turn.answer for name, turn in turns.items()}})
    if left := [str(file.newsletter) for file in files if file.newsletter not in turns]:
        sys.stderr.write(f"newsletter: stopped; not begun: {', '.join(left)}.\n")
    if left or any(turn.failed for turn in turns.values()):
        raise typer.Exit(1)


def _take_turn(name: str, file: ConfigFile, call: Call, *, json: bool) -> Turn:
    if not json:
        print_heading(name)
    with taking_turn(keeps=json) as turn:
        try:
            call(file)
        except NewsletterError as error:
            print_error(error, name)
            turn.answer["error"] = str(error)
            turn.failed = True
        except typer.Exit as ended:
            turn.failed = ended.exit_code != 0
    return turn
