"""What a run of the demo said and left."""

import csv
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from support.commands import ROOT, Received, newsletter, received

NOW = "2026-03-11T07:30:00+00:00"
LATER = "2026-03-11T12:00:00+00:00"


def example_list() -> dict[str, list[str]]:
    """The topics that each person of the example list follows."""
    with (ROOT / "subscribers" / "example.csv").open(encoding="utf-8", newline="") as file:
        return {row["email"]: list(filter(None, row["topics"].split(";"))) for row in csv.DictReader(file)}


@dataclass(frozen=True)
class Demo:
    """What a run of the demo said and left. Not to be changed: several tests look at it."""

    cwd: Path
    answer: dict[str, Any]

    @property
    def folder(self) -> Path:
        return self.cwd / "demo"

    @cached_property
    def mail(self) -> list[Received]:
        return received(self.folder / "mailbox")

    def titles(self) -> list[str]:
        """Of the featured entries, by the ids in the answer and the titles in the store."""
        listed = newsletter("entries", "list", "--json", "--config", "demo/newsletter.toml", cwd=self.cwd)
        title_of = {entry["id"]: entry["title"] for entry in map(json.loads, listed.stdout.splitlines())}
        sections = self.answer["edition"]["sections"]
        return [title_of[id_] for section in sections for id_ in section["entries"]]
