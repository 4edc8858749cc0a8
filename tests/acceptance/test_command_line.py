"""What holds for every command: its options, its exit codes, where its words go."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from support.commands import ROOT, newsletter

from newsletter.cli import app

CONFIG = (ROOT / "seeds" / "newsletter.toml").read_text(encoding="utf-8")
NEEDS_NO_NEWSLETTER = {"demo", "init", "bounces classify"}


def commands(group: Any, *path: str) -> Iterator[tuple[str, Any]]:
    """All commands, those of groups with their two names."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *path, name)
        else:
            yield " ".join([*path, name]), command


ALL = dict(commands(typer.main.get_group(app)))


@pytest.mark.parametrize("name", ALL)
def test_every_command_has_the_common_options(name: str) -> None:
    """--json, and --config where there is a newsletter already and it matters; each option and the command
    say what they are for."""
    command = ALL[name]
    options = {option: item for item in command.params for option in item.opts}
    assert "--json" in options
    assert name in NEEDS_NO_NEWSLETTER or name.startswith("eval ") or "--config" in options
    assert command.help
    assert [option for option, item in options.items() if option.startswith("--") and not item.help] == []


def test_help_names_every_command(tmp_path: Path) -> None:
    """On stdout, exit 0, also for a group and for a command in it."""
    told = newsletter("--help", cwd=tmp_path).stdout
    assert [name for name in ALL if name.split()[0] not in told] == []
    assert "--config" in newsletter("editions", "show", "--help", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (
            CONFIG.replace("[smtp]", "[smtp]\nconections = 2"),
            'newsletter.toml: [smtp] conections: unknown key; did you mean "connections"?',
        ),
        (
            CONFIG.replace('"07:30"', '"half past seven"'),
            "newsletter.toml: [schedule] time:",
        ),
        ("[newsletter\n", "newsletter.toml: not valid TOML:"),
        (None, "newsletter.toml: no such file. `newsletter init DIR` makes one;"),
    ],
    ids=["unknown key", "bad value", "bad TOML", "no file"],
)
def test_a_configuration_that_cannot_be_used(tmp_path: Path, config: str | None, said: str) -> None:
    """Exit 1, the file and the key on stderr, nothing on stdout, and nothing is made."""
    if config is not None:
        (tmp_path / "newsletter.toml").write_text(config, encoding="utf-8")
    before = list(tmp_path.iterdir())
    refused = newsletter("run", "--json", cwd=tmp_path, code=1)
    assert refused.stdout == ""
    assert refused.stderr.startswith(f"newsletter: {said}")
    assert list(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--now", "yesterday"], "'yesterday' is not a time"),
        (["run", "--slot", "later"], '--slot takes "now"'),
        (["run", "--fast"], "No such option"),
        (["walk"], "No such command"),
    ],
    ids=["bad time", "bad slot", "unknown option", "unknown command"],
)
def test_a_command_that_was_not_meant(tmp_path: Path, arguments: list[str], said: str) -> None:
    """Exit 2, what is wrong on stderr, nothing on stdout."""
    (tmp_path / "newsletter.toml").write_text(CONFIG, encoding="utf-8")
    refused = newsletter(*arguments, cwd=tmp_path, code=2)
    assert refused.stdout == ""
    assert said in " ".join(refused.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "content", "said"),
    [
        (
            ["subscribers", "import", "gone.csv"],
            None,
            "gone.csv: cannot be read (No such file",
        ),
        (["subscribers", "import", "people.csv"], b"name\nAda\n", "people.csv:1: the first line must name"),
        (["subscribers", "import", "people.csv"], b"email\n\xff\n", "people.csv:2: not UTF-8 (byte 6)"),
        (["entries", "import", "gone.jsonl"], None, "gone.jsonl: cannot be read"),
        (["entries", "import", "people.csv"], b"email\n", "people.csv: no line could be read."),
    ],
    ids=["no list", "no column", "not UTF-8", "no entries", "not JSON"],
)
def test_a_file_that_cannot_be_used(
    tmp_path: Path, arguments: list[str], content: bytes | None, said: str
) -> None:
    """Exit 1; the file, and the line where there is one, on stderr."""
    (tmp_path / "newsletter.toml").write_text(CONFIG, encoding="utf-8")
    if content is not None:
        (tmp_path / "people.csv").write_bytes(content)
    refused = newsletter(*arguments, cwd=tmp_path, code=1)
    assert said in " ".join(refused.stderr.split())
