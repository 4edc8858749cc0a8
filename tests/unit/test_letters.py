"""The small mails: confirm, welcome, goodbye."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from urllib.parse import urlsplit

import pytest
from support.themes import LANGUAGES, shipped_theme

from newsletter.core import tokens
from newsletter.core.letters import LetterKind
from newsletter.core.model import Newsletter, Subscriber
from newsletter.services.letters import LetterWriter

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
SECRET = b"0123456789abcdef0123456789abcdef"
ADA = Subscriber(id=7, email="ada@example.org", name="Ada Lovelace")
LIST = ("List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Help", "List-Post", "Precedence")


@pytest.fixture
def writer(render_newsletter: Newsletter) -> LetterWriter:
    return LetterWriter(render_newsletter, shipped_theme(), SECRET)


@pytest.mark.parametrize("kind", LetterKind)
def test_both_parts_say_the_same(writer: LetterWriter, kind: LetterKind) -> None:
    """Whom it is for, why they get it, and where the button leads: in HTML and in plain text."""
    copy, message = writer.write(kind, ADA, NOW)
    parsed = message_from_bytes(message.data, policy=policy.default)
    assert parsed["To"].addresses[0].addr_spec == "ada@example.org"
    assert f"<title>{parsed['Subject']}</title>" in copy.html
    links = set(re.findall('href="([^"]+)"', copy.html))
    assert links == set(re.findall(r"https://\S+", copy.text))
    assert all(urlsplit(link).netloc == "papers.example.org" for link in links)
    for part in (copy.html, copy.text):
        assert "10115 Berlin" in part
        assert "ada@example.org" in part
    assert all(len(line) <= 72 for line in copy.text.splitlines() if "://" not in line)


def test_nobody_is_named_before_they_have_said_yes(writer: LetterWriter) -> None:
    """Anybody may write anything into a form, and it must not come to a stranger with our letter."""
    named = replace(ADA, name="Win a prize at https://example.net")
    to = {kind: message_from_bytes(writer.write(kind, named, NOW)[1].data)["To"] for kind in LetterKind}
    assert to[LetterKind.CONFIRM] == "ada@example.org"
    assert all("Win a prize" in to[kind] for kind in LetterKind if kind is not LetterKind.CONFIRM)


@pytest.mark.parametrize(
    ("kind", "purpose"), [(LetterKind.CONFIRM, tokens.CONFIRM), (LetterKind.WELCOME, tokens.PREFERENCES)]
)
def test_the_link_is_for_one_purpose(writer: LetterWriter, kind: LetterKind, purpose: str) -> None:
    """And for one reader: its token says who, and opens nothing else."""
    copy, _ = writer.write(kind, ADA, NOW)
    found = re.search(rf"https://papers\.example\.org/{purpose}/(\S+)", copy.text)
    assert found
    assert tokens.read([SECRET], purpose, "papers", found[1]) == 7
    assert tokens.read([SECRET], tokens.MORE, "papers", found[1]) is None


def test_only_who_is_on_the_list_can_leave_it(writer: LetterWriter) -> None:
    """The welcome has the headers of a list with one-click unsubscribing; the others have none of them."""
    for kind in LetterKind:
        parsed = message_from_bytes(writer.write(kind, ADA, NOW)[1].data, policy=policy.default)
        assert parsed["Auto-Submitted"] == "auto-generated"
        present = [name for name in LIST if name in parsed]
        assert present == (list(LIST) if kind is LetterKind.WELCOME else [])


def test_its_bounce_goes_where_bounces_go(writer: LetterWriter) -> None:
    """To the sender, or to the address for bounces, with a token that names the letter."""
    assert writer.write(LetterKind.CONFIRM, ADA, NOW)[1].envelope.sender == "papers@example.org"
    other = replace(writer, newsletter=replace(writer.newsletter, bounces_to="bounces@example.org"))
    local, _, domain = other.write(LetterKind.CONFIRM, ADA, NOW, row=7)[1].envelope.sender.partition("@")
    start, _, token = local.partition("+")
    assert (start, domain) == ("bounces", "example.org")
    assert tokens.read_envelope([SECRET], tokens.letters_of(writer.newsletter.id), token) == 7
    assert tokens.read_envelope([SECRET], writer.newsletter.id, token) is None


def test_a_letter_speaks_the_language_of_its_reader(writer: LetterWriter) -> None:
    """Where the theme has it; else the newsletter's."""
    abroad = {"de": shipped_theme("digest", "de")}
    writer = replace(writer, abroad=abroad.get)
    subjects = [
        message_from_bytes(
            writer.write(LetterKind.WELCOME, replace(ADA, language=tag), NOW)[1].data, policy=policy.default
        )["Subject"]
        for tag in ("", "de", "xx")
    ]
    assert subjects[0] == subjects[2] == "Welcome to The Morning Papers"
    assert subjects[1] == "Willkommen bei The Morning Papers"


def test_the_next_edition(writer: LetterWriter) -> None:
    """A welcome says when it comes, where that is known."""
    copy, _ = writer.write(LetterKind.WELCOME, ADA, NOW, datetime(2026, 11, 23, 7, 30, tzinfo=UTC))
    assert "The next edition comes on Monday, November 23, 2026 at 7:30" in " ".join(copy.text.split())
    assert "next edition" not in writer.write(LetterKind.WELCOME, ADA, NOW)[0].text


def test_every_occasion_has_a_message_id_of_its_own(writer: LetterWriter) -> None:
    """The same letter at the same moment is the same message; another moment makes another one."""
    one, same = (writer.write(LetterKind.CONFIRM, ADA, NOW)[1].data for _ in range(2))
    later = writer.write(LetterKind.CONFIRM, ADA, NOW.replace(hour=7))[1].data
    assert one == same
    ids = {message_from_bytes(data)["Message-ID"] for data in (one, later)}
    assert len(ids) == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages(render_newsletter: Newsletter, language: str) -> None:
    """Words and direction follow the language, the title in the label for screen readers too."""
    letter = replace(render_newsletter, language=language)
    theme = shipped_theme("digest", language)
    copy, message = LetterWriter(letter, theme, SECRET).write(LetterKind.GOODBYE, ADA, NOW)
    subject = message_from_bytes(message.data, policy=policy.default)["Subject"]
    assert f'lang="{language}" dir="{theme.language.direction}"' in copy.html
    assert f'aria-label="{subject}"' in copy.html
    assert ("You are unsubscribed" in copy.text) == (language == "en")


def test_hostile_names(render_newsletter: Newsletter) -> None:
    """A newsletter's name is text, wherever it stands."""
    name = '"><script>alert(1)</script>{{7*7}}'
    copy, _ = LetterWriter(replace(render_newsletter, name=name), shipped_theme(), SECRET).write(
        LetterKind.CONFIRM, ADA, NOW
    )
    assert "<script" not in copy.html
    assert name in " ".join(copy.text.split())
