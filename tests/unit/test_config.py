"""newsletter.toml and the environment, and what is said when they are wrong."""

from datetime import date, time, timedelta
from pathlib import Path

import pytest

from newsletter.bootstrap import shipped
from newsletter.config import Secrets, load_settings
from newsletter.errors import ConfigError

MINIMAL = """
[newsletter]
name = "Papers"
from = "Papers <papers@example.org>"
base_url = "https://papers.example.org/"
"""
DKIM = '[dkim]\ndomain = "example.org"\nselector = "s"\nkey_file = "k"\n'


def write(folder: Path, text: str = "", start: str = MINIMAL) -> Path:
    path = folder / "newsletter.toml"
    path.write_text(start + text, encoding="utf-8")
    return path


def complaint(folder: Path, text: str, start: str = MINIMAL) -> str:
    with pytest.raises(ConfigError) as caught:
        load_settings(write(folder, text, start))
    return str(caught.value)


def test_three_keys_are_enough(tmp_path: Path):
    """Everything else has a default that one can start with; a slash at the end of base_url goes."""
    settings = load_settings(write(tmp_path))
    assert settings.newsletter.base_url == "https://papers.example.org"
    assert settings.edition.max_entries == 25
    assert settings.schedule.catch_up == timedelta(hours=6)
    assert settings.path("a.txt") == tmp_path / "a.txt"


@pytest.mark.parametrize("name", ["templates/newsletter.toml", "seeds/newsletter.toml"])
def test_the_shipped_configurations_are_valid(name: str):
    """What `init` and `demo` copy loads as it is."""
    folder, _, file = name.partition("/")
    assert load_settings(shipped(folder) / file).newsletter.id == "papers"


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """NEWSLETTER_TABLE__KEY overrides a key, and leaves the others of its table."""
    monkeypatch.setenv("NEWSLETTER_SMTP__HOST", "mail.example.org")
    monkeypatch.setenv("NEWSLETTER_SECRET", "not a key of the configuration")
    settings = load_settings(write(tmp_path, '[smtp]\nhost = "other.example.org"\nport = 587\n'))
    assert (settings.smtp.host, settings.smtp.port) == ("mail.example.org", 587)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[smtp]\nconections = 3\n", '[smtp] conections: unknown key; did you mean "connections"?'),
        ('bounces_to = "b+c@example.org"\n', "bounces_to: at most 30 characters and no plus sign"),
        (f'bounces_to = "{"b" * 31}@example.org"\n', "[newsletter] bounces_to: at most 30 characters"),
        ('bounces_to = "B <b@example.org>"\n', "[newsletter] bounces_to: write an address"),
        ('bounces_to = "bö@example.org"\n', "[newsletter] bounces_to: write an address"),
        (
            f'{DKIM}ed25519_selector = "e"\n',
            "[dkim]: set ed25519_selector and ed25519_key_file, or neither",
        ),
        (
            f'{DKIM}ed25519_selector = "s"\ned25519_key_file = "e"\n',
            "[dkim]: ed25519_selector and selector are names of two keys",
        ),
        ("[smpt]\nport = 25\n", '[smpt]: unknown key; did you mean "smtp"?'),
        ("[store]\nxyz = 1\n", "[store] xyz: unknown key; the keys here are url."),
        ('[schedule]\ntime = "25:00"\n', "[schedule] time: write hours and minutes"),
        ('[schedule]\ntimezone = "Europe/Berln"\n', "[schedule] timezone: write a name of the IANA list"),
        ('[schedule]\ntimezone = "../../etc/passwd"\n', "[schedule] timezone: write a name of the IANA list"),
        ('[schedule]\ncatch_up = "soon"\n', '[schedule] catch_up: write a number and a unit, such as "30m"'),
        ('[schedule]\ndays = ["monday"]\n', "[schedule] days.0: "),
        ("[edition]\nmax_entries = 0\n", "[edition] max_entries: "),
        ('[edition]\ntopics = [{ name = "A", keyword = ["b"] }]\n', 'did you mean "keywords"?'),
        ('[[sources]]\nkind = "file"\nname = "x"\n', "[[sources]] number 1 path: missing"),
        ('[[sources]]\nkind = "carrier pigeon"\nname = "x"\npath = "y"\n', "[[sources]] number 1 kind: "),
        ('[smtp]\nhost = "mail.example.org"\nusername = "me"\ntls = "none"\n', "the password in clear"),
        ('[smtp]\nport = 25\n[[smtp.servers]]\nhost = "a.example.org"\n', "port belongs into each of the"),
        ('[[smtp.servers]]\nhost = "a.example.org"\nweight = 0\n', "must have a weight above 0"),
        ('[[smtp.servers]]\nhost = "a"\n[[smtp.servers]]\nhost = "a"\n', "a:2525 is there twice in servers"),
        ('[[smtp.servers]]\nprt = 1\n', '[[smtp.servers]] number 1 prt: unknown key; did you mean "port"?'),
        ('[[smtp.domains]]\nrate = 1\n', "[[smtp.domains]] number 1 domain: missing"),
        ('[[smtp.domains]]\ndomain = "no domain"\n', "[[smtp.domains]] number 1 domain: write a name"),
        ("[smtp.warmup]\nfirst_day = 5\n", "[smtp] warmup.started: missing"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place_and_its_mend(tmp_path: Path, text: str, says: str):
    """One line that names the file, the table and the key."""
    message = complaint(tmp_path, text)
    assert message.startswith(str(tmp_path / "newsletter.toml") + ": ")
    assert says in message


def test_all_mistakes_are_told_at_once(tmp_path: Path):
    """Whoever mends the file wants to do it once."""
    message = complaint(tmp_path, "", start='[newsletter]\nfrom = "nobody"\n[smtp]\nport = 0\n')
    assert [line.split(": ")[1] for line in message.splitlines()] == [
        "[newsletter] name",
        "[newsletter] from",
        "[newsletter] base_url",
        "[smtp] port",
    ]


def test_a_missing_file_says_how_to_make_one(tmp_path: Path):
    """The first thing a new operator meets."""
    with pytest.raises(ConfigError, match=r"no such file.*newsletter init"):
        load_settings(tmp_path / "newsletter.toml")


def test_broken_toml_is_named_with_its_line(tmp_path: Path):
    """tomllib knows the line and the column."""
    assert "line 2" in complaint(tmp_path, "", start="[newsletter]\nname = \n")


def test_the_signing_key_comes_from_the_environment_else_from_its_file(tmp_path: Path):
    """The environment first, so that a container needs no file."""
    (tmp_path / "key").write_text("f" * 32 + "\n")
    settings = load_settings(write(tmp_path, 'secret_file = "key"\n'))
    assert Secrets(settings, {"NEWSLETTER_SECRET": "e" * 32}).signing_keys() == (b"e" * 32,)
    assert Secrets(settings, {}).signing_keys() == (b"f" * 32,)


def test_a_missing_or_short_signing_key_is_refused_without_being_shown(tmp_path: Path):
    """The message says where it was looked for and how to make one, never what was found."""
    settings = load_settings(write(tmp_path))
    with pytest.raises(ConfigError, match=r"no NEWSLETTER_SECRET.*openssl rand"):
        Secrets(settings, {}).signing_keys()
    with pytest.raises(ConfigError) as caught:
        Secrets(settings, {"NEWSLETTER_SECRET": "hunter2"}).signing_keys()
    assert "hunter2" not in str(caught.value)


def test_several_signing_keys_have_white_space_between_them(tmp_path: Path):
    """Lines in a file, blanks in a variable. The first stands for itself: it is the newest."""
    (tmp_path / "key").write_text("f" * 32 + "\n" + "g" * 16 + "\n\n")
    settings = load_settings(write(tmp_path, 'secret_file = "key"\n'))
    assert Secrets(settings, {}).signing_keys() == (b"f" * 32, b"g" * 16)
    assert Secrets(settings, {"NEWSLETTER_SECRET": f"{'e' * 16} {'f' * 32}"}).signing_keys() == (
        b"e" * 16,
        b"f" * 32,
    )


@pytest.mark.parametrize(
    "value", [f"{'e' * 32} hunter2", f"hunter2\n{'e' * 32}", " ", "correct horse battery staple"]
)
def test_one_short_signing_key_among_several_is_refused(tmp_path: Path, value: str):
    """One that can be guessed opens all links, however good the others are."""
    with pytest.raises(ConfigError, match="shorter than 16 characters") as caught:
        Secrets(load_settings(write(tmp_path)), {"NEWSLETTER_SECRET": value}).signing_keys()
    assert not [word for word in value.split() if word in str(caught.value)]


def test_a_user_name_without_a_password_is_refused(tmp_path: Path):
    """Signing in without one cannot succeed, so it is said before anything is sent."""
    settings = load_settings(write(tmp_path, '[smtp]\nusername = "me"\npassword_env = "MAIL_PASSWORD"\n'))
    with pytest.raises(ConfigError, match="MAIL_PASSWORD"):
        Secrets(settings, {}).smtp_password(settings.smtp)
    assert Secrets(settings, {"MAIL_PASSWORD": "pw"}).smtp_password(settings.smtp) == "pw"


def test_several_servers_take_the_place_of_one(tmp_path: Path):
    """Each with its own keys and defaults; without them `[smtp]` itself is the server."""
    one = load_settings(write(tmp_path, '[smtp]\nhost = "a.example.org"\n')).smtp
    assert [server.host for server in one.all_servers] == ["a.example.org"]
    text = '[[smtp.servers]]\nhost = "a"\nweight = 3\n[[smtp.servers]]\nhost = "b"\nrate = 5\n'
    text += '[[smtp.domains]]\ndomain = "*"\nconnections = 2\n[smtp.warmup]\nstarted = 2026-03-11\n'
    several = load_settings(write(tmp_path, text)).smtp
    assert [(server.host, server.weight, server.rate) for server in several.all_servers] == [
        ("a", 3, None),
        ("b", 1, 5),
    ]
    assert (several.domains[0].domain, several.domains[0].connections) == ("*", 2)
    assert several.warmup.started == date(2026, 3, 11)


def test_times_and_zones_are_read_as_such(tmp_path: Path):
    """As the schedule needs them."""
    settings = load_settings(write(tmp_path, '[schedule]\ntime = "06:05"\ntimezone = "Asia/Kathmandu"\n'))
    assert settings.schedule.time == time(6, 5)
    assert settings.schedule.timezone.key == "Asia/Kathmandu"


def test_tokens_of_the_api_have_white_space_between_them(tmp_path: Path):
    """From the environment, else from their file; without either there is no API."""
    (tmp_path / "tokens").write_text(f"{'a' * 24}\nread:{'b' * 24}\n")
    settings = load_settings(write(tmp_path, '[api]\ntoken_file = "tokens"\n'))
    assert Secrets(settings, {}).api_tokens() == ("a" * 24, f"read:{'b' * 24}")
    assert Secrets(settings, {"NEWSLETTER_API_TOKEN": "c" * 24}).api_tokens() == ("c" * 24,)
    assert Secrets(load_settings(write(tmp_path)), {}).api_tokens() == ()


@pytest.mark.parametrize("value", [f"{'e' * 24} hunter2", f"read:{'e' * 20}", "ü" * 24])
def test_a_token_that_can_be_guessed_is_refused(tmp_path: Path, value: str):
    """Without being shown; so is one that no header can carry."""
    with pytest.raises(ConfigError, match=r"\[api\] token: one (is shorter|has characters)") as caught:
        Secrets(load_settings(write(tmp_path)), {"NEWSLETTER_API_TOKEN": value}).api_tokens()
    assert not [word for word in value.split() if word in str(caught.value)]


def test_a_file_without_tokens_is_not_taken_for_no_api(tmp_path: Path):
    """Whoever names one wants an API."""
    settings = load_settings(write(tmp_path, '[api]\ntoken_file = "tokens"\n'))
    with pytest.raises(ConfigError, match="tokens has no token"):
        Secrets(settings, {}).api_tokens()


def test_test_addresses_are_written_as_subscribers_are(tmp_path: Path):
    """So that they are found, whatever their domain looks like."""
    settings = load_settings(write(tmp_path, '[api]\ntest_addresses = ["Boss@Bücher.example.org"]\n'))
    assert settings.api.test_addresses == ("Boss@xn--bcher-kva.example.org",)
    with pytest.raises(ConfigError, match=r"\[api\] test_addresses.0: 'boss' is not an email address"):
        load_settings(write(tmp_path, '[api]\ntest_addresses = ["boss"]\n'))
