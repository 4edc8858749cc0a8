"""The password of the database is told nowhere: wherever it comes from, and whatever goes wrong."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.commands import newsletter
from support.newsroom import write_config
from support.postgres import Cluster
from support.site import browser_of

from newsletter.bootstrap import open_app
from newsletter.config import ConfigFile

CANARY = "canary"
COMMANDS = (
    ("status",),
    ("status", "--json"),
    ("doctor", "--offline"),
    ("doctor", "--offline", "--json"),
    ("run", "--slot", "now"),
    ("subscribers", "erase", "ada@example.org"),
    ("backup", "copy.db"),
)
ENDINGS = {"backup": 1, "doctor": 1}


@pytest.fixture
def url(cluster: Cluster, with_tables: str) -> Iterator[str]:
    """Of a database of its own, with a password that the server does not ask for."""
    name = cluster.create(with_tables)
    yield cluster.url(name).replace("tests@", f"tests:{CANARY}@") + f"?password={CANARY}"
    cluster.drop(name)


@pytest.fixture(autouse=True)
def _talkative(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_LOG_LEVEL", "debug")


def ended(words: tuple[str, ...], folder: Path, code: int) -> str:
    """Whatever the command said."""
    done = newsletter(*words, cwd=folder, code=code)
    return f"{done.stdout}{done.stderr}"


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_does_not_tell_it(
    words: tuple[str, ...], url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It came from the environment."""
    monkeypatch.setenv("NEWSLETTER_STORE__URL", url)
    write_config(tmp_path)
    said = ended(words, tmp_path, ENDINGS.get(words[0], 0))
    assert said
    assert CANARY not in said


@pytest.mark.parametrize(
    "change",
    [
        (r":\d+/", ":1/"),
        (r"/t_\w+", "/gone"),
        (r"/t_\w+", ""),
        ("@", "@y@"),
        (r":\d+/", ":port/"),
        ("^", "my"),
        ("postgresql:", "postgresql+asyncpg:"),
    ],
    ids="-".join,
)
def test_what_goes_wrong_is_told_without_it(
    change: tuple[str, str], url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens, no such database, none named, signs that belong into no address."""
    wrong = re.sub(change[0], change[1].replace("@y@", f"@{CANARY}@"), url, count=1)
    monkeypatch.setenv("NEWSLETTER_STORE__URL", wrong)
    write_config(tmp_path)
    said = ended(("status",), tmp_path, 1)
    assert said
    assert CANARY not in said


def test_a_table_that_is_a_text_is_refused_without_it(tmp_path: Path) -> None:
    """Whoever writes the address one line too high."""
    config = write_config(tmp_path)
    config.write_text(f'store = "postgresql://me:{CANARY}@db/papers"\n{config.read_text()}')
    said = ended(("status",), tmp_path, 1)
    assert "[store]: " in said
    assert "postgresql://me:***@db/papers" in said
    assert CANARY not in said


async def test_no_page_tells_it(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the dashboard, the metrics and the health."""
    monkeypatch.setenv("NEWSLETTER_STORE__URL", url)
    async with open_app(ConfigFile(write_config(tmp_path)), None) as app, browser_of(app) as browser:
        for path in ("/health", "/metrics", "/dashboard", "/dashboard/settings", "/"):
            assert CANARY not in (await browser.get(path)).text


def test_libpq_finds_it_in_a_file(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named in the address, which itself has none: what a container gets as a secret."""
    plain = url.replace(f":{CANARY}@", "@").partition("?")[0]
    (tmp_path / "pgpass").write_text(f"*:*:*:*:{CANARY}\n")
    (tmp_path / "pgpass").chmod(0o600)
    monkeypatch.setenv("NEWSLETTER_STORE__URL", f"{plain}?passfile={tmp_path / 'pgpass'}")
    write_config(tmp_path)
    assert CANARY not in ended(("status",), tmp_path, 0)
