"""Several newsletters in one configuration: what each has, which mistakes are named, whose page it is."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.main import get_command

from newsletter.bootstrap import open_app
from newsletter.bootstrap.listening import listeners
from newsletter.cli import app
from newsletter.cli.output import print_json
from newsletter.cli.several import in_turn
from newsletter.cli.turn import current_turn
from newsletter.config import ConfigFile, Settings, load_settings, newsletters_in
from newsletter.config.several import merged
from newsletter.errors import ConfigError
from newsletter.web.sites import doors_of, open_door

COMMON = """
[newsletter]
from = "Papers <papers@example.org>"
base_url = "https://papers.example.org"
secret_file = "secret"
[schedule]
time = "05:00"
timezone = "Europe/Berlin"
days = ["mon", "tue"]
[[sources]]
kind = "file"
name = "Page"
path = "page.jsonl"
"""
TWO = """
[newsletters.agents.newsletter]
name = "Agents daily"
[newsletters.weekend.newsletter]
name = "Weekend papers"
[newsletters.weekend.schedule]
days = ["sat"]
"""


def write(folder: Path, text: str = TWO, common: str = COMMON) -> Path:
    path = folder / "newsletter.toml"
    path.write_text(common + text, encoding="utf-8")
    return path


def load(folder: Path, name: str, text: str = TWO, common: str = COMMON) -> Settings:
    return load_settings(ConfigFile(write(folder, text, common), name))


def complaint(folder: Path, name: str | None, text: str = TWO, common: str = COMMON) -> str:
    with pytest.raises(ConfigError) as caught:
        load_settings(ConfigFile(write(folder, text, common), name))
    return str(caught.value)


# Merging

KEYS = st.sampled_from("abc")
VALUES = st.one_of(st.integers(), st.text(max_size=3), st.lists(st.integers(), max_size=3))
TABLES: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.dictionaries(KEYS, VALUES, max_size=3), lambda inner: st.dictionaries(KEYS, VALUES | inner, max_size=3)
)


@given(TABLES)
def test_nothing_laid_over_changes_nothing(table: dict[str, Any]):
    """Nor does a table laid over nothing, or over itself."""
    assert merged(table, {}) == merged({}, table) == merged(table, table) == table


@given(TABLES, TABLES, TABLES)
def test_it_does_not_matter_which_two_are_laid_together_first(
    one: dict[str, Any], two: dict[str, Any], three: dict[str, Any]
):
    """Unless a table takes the place of a value or the other way round, where what lies below is gone."""
    if not any(clashes(*pair) for pair in ((one, two), (two, three), (one, three))):
        assert merged(merged(one, two), three) == merged(one, merged(two, three))


@given(TABLES, TABLES)
def test_what_is_laid_over_wins_and_all_else_stays(below: dict[str, Any], above: dict[str, Any]):
    """At any depth; lists are not joined, and neither of the two is changed."""
    before = copy.deepcopy((below, above))
    found = merged(below, above)
    assert (below, above) == before
    for path, value in leaves(above):
        assert at(found, path) == value
    for path, value in leaves(below):
        if not reaches(above, path):
            assert at(found, path) == value
    assert len(list(leaves(found))) <= len(list(leaves(below))) + len(list(leaves(above)))


def leaves(table: dict[str, Any], *path: str) -> list[tuple[tuple[str, ...], Any]]:
    """Every value that is no table, with the keys that lead to it."""
    found = []
    for key, value in table.items():
        found += leaves(value, *path, key) if isinstance(value, dict) else [((*path, key), value)]
    return found


def at(table: dict[str, Any], path: tuple[str, ...]) -> Any:
    here: Any = table
    for key in path:
        here = here[key]
    return here


def reaches(table: dict[str, Any], path: tuple[str, ...]) -> bool:
    """Whether something stands at this path, or in the place of a table on its way."""
    here: Any = table
    for key in path:
        if not isinstance(here, dict):
            return True
        if key not in here:
            return False
        here = here[key]
    return True


def clashes(one: dict[str, Any], two: dict[str, Any]) -> bool:
    return any(
        clashes(value, two[key]) if isinstance(value, dict) and isinstance(two[key], dict) else True
        for key, value in one.items()
        if key in two and (isinstance(value, dict) or isinstance(two[key], dict))
    )


# What each has


def test_each_has_what_is_common_and_its_own(tmp_path: Path):
    """Its name is its id, its database and the path of its pages; a list is its own or the common one."""
    agents, weekend = (load(tmp_path, name) for name in ("agents", "weekend"))
    assert newsletters_in(tmp_path / "newsletter.toml") == ("agents", "weekend")
    assert [one.newsletter.id for one in (agents, weekend)] == ["agents", "weekend"]
    assert [one.newsletter.name for one in (agents, weekend)] == ["Agents daily", "Weekend papers"]
    assert agents.newsletter.base_url == "https://papers.example.org/agents"
    assert [one.store.url for one in (agents, weekend)] == ["sqlite:///agents.db", "sqlite:///weekend.db"]
    assert [one.schedule.days for one in (agents, weekend)] == [("mon", "tue"), ("sat",)]
    assert agents.schedule.time == weekend.schedule.time
    assert agents.sources == weekend.sources != ()


def test_it_may_say_all_that_itself(tmp_path: Path):
    """What stands in its own table wins over what follows from its name."""
    own = TWO.replace(
        'name = "Agents daily"',
        'name = "Agents daily"\nid = "a"\nbase_url = "https://agents.example.org/"\n'
        '[newsletters.agents.store]\nurl = "sqlite:///a/b.db"',
    )
    agents = load(tmp_path, "agents", own)
    assert (agents.newsletter.id, agents.newsletter.base_url) == ("a", "https://agents.example.org")
    assert agents.store.url == "sqlite:///a/b.db"


@pytest.mark.parametrize(
    ("url", "theirs"),
    [
        ("postgresql://me@db.example.org/papers", "postgresql://me@db.example.org/agents"),
        ("postgresql://me@db/papers?timeout=60", "postgresql://me@db/agents?timeout=60"),
        ("sqlite:////var/lib/papers/newsletter.db", "sqlite:////var/lib/papers/agents.db"),
        ("sqlite:///data/x.db?timeout=5", "sqlite:///data/agents.db?timeout=5"),
        ("postgresql://db.example.org", "postgresql://db.example.org/agents"),
        ("postgres://me:a/?b@[::1]:5433/x?timeout=5", "postgres://me:a/?b@[::1]:5433/agents?timeout=5"),
        ("postgresql:///x?host=/run/postgresql", "postgresql:///agents?host=/run/postgresql"),
    ],
)
def test_its_database_lies_where_the_common_one_would(tmp_path: Path, url: str, theirs: str):
    """Whoever keeps databases elsewhere says so once."""
    settings = load(tmp_path, "agents", common=f'{COMMON}[store]\nurl = "{url}"\n')
    assert settings.store.url == theirs


@pytest.mark.parametrize(
    "other",
    [
        "postgresql://weekend:other@DB.example.org/one",
        "postgres://db.example.org:5432/one?sslmode=require",
        "postgresql:///one?host=db.example.org&port=5432",
        "postgresql://me:canary@canary@db.example.org/one",
    ],
)
def test_two_may_not_share_a_database_of_a_server(tmp_path: Path, other: str):
    """However it is written, whoever signs in; and no password is told."""
    urls = {"agents": "postgresql://me:canary@db.example.org/one", "weekend": other}
    text = TWO + "".join(f'[newsletters.{name}.store]\nurl = "{url}"\n' for name, url in urls.items())
    message = complaint(tmp_path, "agents", text)
    assert "have the same [store] url (db.example.org:5432/one); each needs its own" in message
    assert "canary" not in message


@pytest.mark.parametrize("url", ["//db/two", "//other/one", "//db:5433/one", "//me@db/One"])
def test_any_other_database_is_apart(tmp_path: Path, url: str):
    """On the same server or not; names tell upper case from lower."""
    urls = {"agents": "postgresql://me@db/one", "weekend": f"postgresql:{url}"}
    text = TWO + "".join(f'[newsletters.{name}.store]\nurl = "{url}"\n' for name, url in urls.items())
    assert load(tmp_path, "agents", text).store.url == urls["agents"]


def test_the_environment_is_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As where there is one newsletter."""
    monkeypatch.setenv("NEWSLETTER_SMTP__HOST", "mail.example.org")
    assert {load(tmp_path, name).smtp.host for name in ("agents", "weekend")} == {"mail.example.org"}


def test_one_newsletter_may_be_named_by_its_id(tmp_path: Path):
    """Where the file has no others; any other name is a mistake."""
    common = COMMON.replace("[newsletter]", '[newsletter]\nname = "Papers"\nid = "papers"')
    assert load(tmp_path, "papers", "", common).newsletter.id == "papers"
    assert "has one newsletter, whose id is 'papers', and no 'agents'" in complaint(
        tmp_path, "agents", "", common
    )


@pytest.mark.parametrize("name", ["agents", "weekend", "papers"])
def test_the_examples_of_the_page_can_be_used(tmp_path: Path, name: str):
    """Word for word; the second makes one of several of a newsletter that is there already."""
    page = (Path(__file__).parents[2] / "docs/several.md").read_text(encoding="utf-8")
    several, moved = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    settings = load(tmp_path, name, moved, several)
    assert settings.newsletter.id == ("newsletter" if name == "papers" else name)
    assert settings.store.url == f"sqlite:///{settings.newsletter.id}.db"


# Mistakes


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[newsletters.agents.schedule]\ntime = "25:00"', "[newsletters.agents.schedule] time: write hours"),
        ("[newsletters.agents.schedule]\ntme = 1", '[newsletters.agents.schedule] tme: unknown key; did you'),
        ("[newsletters.agents.shedule]\ntime = 1", '[newsletters.agents.shedule]: unknown key; did you mean'),
        ('[[newsletters.agents.sources]]\nkind = "fil"', "[[newsletters.agents.sources]] number 1 kind:"),
        ("[newsletters.agents.newsletters.b]\nx = 1", "[newsletters.agents.newsletters]: unknown key"),
        ("[newsletters.Agents]\nx = 1", "[newsletters.'Agents']: write lower-case letters"),
        ("[newsletters]\nweekend = 1", "[newsletters] weekend: write a table"),
        ("newsletters = 1", "unknown key"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, says: str):
    """Inside a newsletter by its name."""
    named = TWO.partition("[newsletters.weekend")[0]
    message = complaint(tmp_path, "agents", text if text.startswith("[newsletters]") else named + text)
    assert message.startswith(f"{tmp_path / 'newsletter.toml'}: ")
    assert says in message


def test_a_mistake_in_what_is_common_is_named_as_always(tmp_path: Path):
    """It stands outside of any newsletter."""
    message = complaint(tmp_path, "agents", common=COMMON.replace("05:00", "5"))
    assert "newsletter.toml: [schedule] time: " in message


def test_a_mistake_in_one_does_not_keep_the_other(tmp_path: Path):
    """Each is read for itself."""
    text = TWO.replace('days = ["sat"]', 'days = ["never"]')
    assert load(tmp_path, "agents", text).newsletter.id == "agents"
    assert "[newsletters.weekend.schedule] days" in complaint(tmp_path, "weekend", text)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (None, "has several newsletters: say --newsletter agents or --newsletter weekend."),
        ("weekends", "has no newsletter 'weekends'; did you mean --newsletter weekend?"),
        ("x", "has no newsletter 'x': say --newsletter agents or --newsletter weekend."),
    ],
)
def test_which_one_must_be_said(tmp_path: Path, name: str | None, says: str):
    """With those that there are."""
    assert complaint(tmp_path, name).endswith(f"newsletter.toml {says}")


@pytest.mark.parametrize(
    ("both", "place"),
    [
        ('[newsletters.{name}.newsletter]\nname = "{name}"\nid = "one"\n', "newsletter] id (one)"),
        (
            '[newsletters.{name}.newsletter]\nname = "{name}"\nbase_url = "https://A.example.org"\n',
            "newsletter] base_url (https://a.example.org)",
        ),
        (
            '[newsletters.{name}]\nnewsletter.name = "{name}"\nstore.url = "sqlite:///x/../one.db"\n',
            "store] url (one.db)",
        ),
        ('[newsletters.{name}]\nnewsletter.name = "n"\nbounces.maildir = "in"\n', "bounces] maildir (in)"),
        (
            '[newsletters.{name}]\nnewsletter.name = "n"\n'
            'bounces.imap = {{ host = "imap.example.org", username = "me" }}\n',
            "bounces.imap] folder (INBOX of me at imap.example.org)",
        ),
    ],
)
def test_two_with_one_thing_between_them_are_named(tmp_path: Path, both: str, place: str):
    """What each needs for itself: else one would send the other's copies, or throw away its bounces."""
    text = "".join(both.format(name=name) for name in ("agents", "weekend"))
    message = complaint(tmp_path, "agents", text)
    table = place.partition("]")[0]
    assert f"the newsletters agents and weekend have the same [{place}; each needs its own" in message
    assert f"in [newsletters.agents.{table}] or [newsletters.weekend.{table}];" in message


def test_the_environment_may_not_give_them_one_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """It holds for all, and is named as where to look."""
    monkeypatch.setenv("NEWSLETTER_STORE__URL", "sqlite:///one.db")
    message = complaint(tmp_path, "weekend")
    assert "agents and weekend have the same [store] url (one.db)" in message
    assert "what the environment says is for all" in message


# What comes back


async def test_two_listen_on_one_port_together(tmp_path: Path):
    """What is common to them is listened on once; for two protocols on one port there is a sentence."""
    (tmp_path / "secret").write_text("0123456789abcdef" * 2)
    config = write(tmp_path, common=COMMON + '[bounces.lmtp]\nlisten = "127.0.0.1:2424"\n')
    async with open_app(ConfigFile(config, "agents")) as one, open_app(ConfigFile(config, "weekend")) as two:
        assert len(listeners([one, two])) == 1
    write(
        tmp_path,
        f'{TWO}[newsletters.weekend.bounces.lmtp]\nprotocol = "smtp"\n',
        COMMON + '[bounces.lmtp]\nlisten = "127.0.0.1:2424"\n',
    )
    async with open_app(ConfigFile(config, "agents")) as one, open_app(ConfigFile(config, "weekend")) as two:
        with pytest.raises(ConfigError, match=r"on 127.0.0.1:2424 one newsletter is to speak LMTP"):
            listeners([one, two])


# Whose page


@pytest.mark.parametrize(
    ("urls", "host", "path", "found"),
    [
        (["https://p.org/a", "https://p.org/b"], "p.org", "/a/archive", 0),
        (["https://p.org/a", "https://p.org/b"], "p.org", "/b", 1),
        (["https://p.org/a", "https://p.org/b"], "127.0.0.1", "/b/archive", 1),
        (["https://p.org/a", "https://p.org/b"], "p.org", "/bc/archive", None),
        (["https://p.org/a", "https://p.org/b"], "p.org", "/archive", None),
        (["https://p.org/x/a", "https://p.org/x/b"], "p.org", "/x/b/archive", 1),
        (["https://p.org/x/a", "https://p.org/x/b"], "p.org", "/b/archive", 1),
        (["https://p.org/x/a", "https://p.org/x/b"], "p.org", "/x/archive", None),
        (["https://p.org", "https://p.org/b"], "p.org", "/archive", 0),
        (["https://p.org", "https://p.org/b"], "p.org", "/b/archive", 1),
        (["https://a.org", "https://b.org"], "b.org", "/archive", 1),
        (["https://a.org", "https://b.org"], "127.0.0.1", "/archive", None),
        (["https://a.org", "https://b.org/x"], "127.0.0.1", "/x/archive", 1),
        (["https://p.org/x", "https://p.org/x/b"], "p.org", "/archive", 0),
        (["https://p.org/x", "https://p.org/x/b"], "p.org", "/x/b/archive", 1),
        (["https://p.org/x", "https://p.org/x/b"], "p.org", "/b/archive", 1),
    ],
)
def test_a_request_finds_its_newsletter(urls: list[str], host: str, path: str, found: int | None):
    """By the longest path, whether or not a proxy took off what all have in common, and by the host."""
    door = open_door(doors_of(urls), host, path)
    assert (door.newsletter if door else None) == found


# Commands


def commands(command: Any, *path: str) -> Iterator[tuple[str, set[str]]]:
    """Every command with its options."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield " ".join(path), {name for option in command.params for name in option.opts}
        return
    for name, child in inner.items():
        yield from commands(child, *path, name)


def test_every_command_about_a_newsletter_can_be_told_which():
    """Whoever reads the configuration takes --newsletter; the local mailbox only looks where it lies."""
    asked = {name: options for name, options in commands(get_command(app)) if "--config" in options}
    assert {name for name, options in asked.items() if "--newsletter" not in options} == {"mailbox"}
    assert len(asked) > 20


def test_whoever_asks_for_an_end_means_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """The turn that was stopped is the last one; the others are named, and it is no success."""
    files = [ConfigFile(tmp_path, name) for name in ("one", "two", "three")]

    def call(file: ConfigFile) -> None:
        turn = current_turn()
        assert turn
        turn.is_last = file.newsletter == "two"
        print_json({"done": file.newsletter})

    with pytest.raises(typer.Exit) as ended:
        in_turn(files, call, json=True)
    assert ended.value.exit_code == 1
    out, err = capsys.readouterr()
    assert json.loads(out) == {"newsletters": {"one": {"done": "one"}, "two": {"done": "two"}}}
    assert err == "newsletter: stopped; not begun: three.\n"
    assert current_turn() is None
