"""A small newsletter in a folder, worked by its commands: five papers to collect, three readers."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.commands import answer, newsletter
from support.newsroom import write_config

READERS = ("ada@example.org", "bo@example.com", "cy@example.net")
TABLES = """
[schedule]
time = "07:30"
days = ["mon", "tue", "wed", "thu", "fri"]
catch_up = "6h"

[web]
port = 0

[[sources]]
kind = "file"
name = "Page"
path = "page.jsonl"
"""
SLOT = "2026-03-11T07:30:00+00:00"
"""On a Wednesday."""
DUE = "2026-03-11T08:00:00+00:00"
"""Half an hour late, and in time."""


def paper(number: int, title: str = "Paper {} on subject {}") -> str:
    """A line of the page."""
    return json.dumps(
        {
            "title": title.format(number, number),
            "summary": f"We show fact {number}.",
            "url": f"https://arxiv.org/abs/2603.{number:05}",
        }
    )


@dataclass(frozen=True)
class Room:
    """The folder, and what a person does in it."""

    folder: Path

    def do(self, *command: object, now: str = DUE, code: int = 0) -> dict[str, Any]:
        """The command's JSON."""
        return answer(*command, "--now", now, cwd=self.folder, code=code)

    def say(self, *command: object, now: str = DUE, code: int = 0) -> tuple[str, str]:
        """What the command says to people: stdout and stderr, each on one line."""
        ended = newsletter(*command, "--now", now, cwd=self.folder, code=code)
        return " ".join(ended.stdout.split()), " ".join(ended.stderr.split())

    def slots(self, now: str = DUE) -> list[tuple[str, str]]:
        """The outcomes that `status` knows, the newest first."""
        return [(slot["slot"][:10], slot["outcome"]) for slot in self.do("status", now=now)["slots"]]

    def write_page(self, *lines: str) -> None:
        (self.folder / "page.jsonl").write_text("\n".join(lines))

    def configure(self, old: str, new: str) -> None:
        """Put `new` in place of `old` in newsletter.toml."""
        config = self.folder / "newsletter.toml"
        assert old in config.read_text()
        config.write_text(config.read_text().replace(old, new))


def furnish(folder: Path, port: int = 2525) -> Room:
    """A folder with its list imported; nothing is collected yet."""
    room = Room(folder)
    write_config(folder, port, more=TABLES)
    room.write_page(*map(paper, range(1, 6)))
    (folder / "people.csv").write_text("\n".join(["email", *READERS]))
    assert room.do("subscribers", "import", "people.csv")["added"] == len(READERS)
    return room
