"""What a Dockerfile says, and the same done in a folder, without Docker."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

__all__ = ["Image", "Stage", "exec_form", "health_command", "read_stages"]


@dataclass(frozen=True)
class Stage:
    """From one FROM to the next."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)
    """Instruction and what follows it."""

    def all(self, instruction: str) -> list[str]:
        return [value for name, value in self.steps if name == instruction]

    def last(self, instruction: str) -> str:
        return self.all(instruction)[-1]

    @property
    def environment(self) -> dict[str, str]:
        pairs = (pair for line in self.all("ENV") for pair in shlex.split(line))
        return dict(pair.split("=", 1) for pair in pairs)


def read_stages(text: str) -> list[Stage]:
    """Comments and continued lines as Docker has them."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    stages: list[Stage] = []
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        if not line.strip():
            continue
        name, _, value = line.strip().partition(" ")
        assert name.isupper(), line
        if name == "FROM":
            base, _, stage = value.partition(" AS ")
            stages.append(Stage(base, stage))
        else:
            stages[-1].steps.append((name, value.strip()))
    return stages


def ignored(patterns: str) -> list[tuple[bool, str]]:
    """The lines of a .dockerignore: whether it takes away, and what."""
    lines = (line.strip() for line in patterns.splitlines())
    return [(not line.startswith("!"), line.lstrip("!")) for line in lines if line and line[0] != "#"]


def context(folder: Path, patterns: str, target: Path) -> None:
    """What Docker would be handed of this folder."""
    rules = ignored(patterns)

    def taken_away(name: str) -> bool:
        verdict = False
        for away, pattern in rules:
            if fnmatch(name, pattern):
                verdict = away
        return verdict

    for item in folder.iterdir():
        if taken_away(item.name):
            continue
        if item.is_dir():
            shutil.copytree(item, target / item.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(item, target / item.name)


@dataclass(frozen=True)
class Image:
    """Folders of an image below `root`, which its commands know by their own names."""

    root: Path
    environment: Mapping[str, str]
    names: tuple[str, ...]
    """Absolute paths inside, each of which stands for one below `root`."""

    def inside(self, text: str) -> str:
        """The text with its paths leading below `root`."""
        anywhere = "|".join(map(re.escape, self.names))
        return re.sub(rf"(?<![\w./])(?:{anywhere})(?![\w-])", lambda found: f"{self.root}{found[0]}", text)

    def run(self, command: str, folder: str) -> None:
        where = Path(self.inside(folder))
        where.mkdir(parents=True, exist_ok=True)
        ended = subprocess.run(
            ["/bin/sh", "-ec", self.inside(command)],
            cwd=where,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"

    def build(self, stage: Stage, folder: Path, patterns: str) -> None:
        """COPY from the folder, and RUN, one after the other."""
        where = "/"
        for name, value in stage.steps:
            if name == "WORKDIR":
                where = value
            elif name == "COPY" and not value.startswith("--from"):
                source, target = value.split()
                assert (source, target) == (".", ".")
                Path(self.inside(where)).mkdir(parents=True, exist_ok=True)
                context(folder, patterns, Path(self.inside(where)))
            elif name == "RUN":
                self.run(value, where)


def exec_form(value: str) -> list[str]:
    """`["a", "b"]`."""
    found = json.loads(value)
    assert isinstance(found, list)
    return found


def health_command(value: str) -> list[str]:
    """What follows CMD in a HEALTHCHECK."""
    return exec_form(value.partition("CMD ")[2])
