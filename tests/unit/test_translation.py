"""Readers of another language get the edition in it: its own words, in their order, with their links."""

from collections.abc import AsyncIterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from support.samples import edition
from support.site import NOW, config_in, papers

from newsletter.adapters.stores.schema import outbox, subscribers
from newsletter.bootstrap import App, open_app
from newsletter.core.archive import edition_to_json
from newsletter.core.listfile import NewSubscriber
from newsletter.core.phrases import ENGLISH, Phrases
from newsletter.core.translation import Translator
from newsletter.core.wishes import Wishes
from newsletter.ports import Message
from newsletter.render.findings import Status
from newsletter.services.copydesk import CopyDesk

GERMAN = Phrases(
    plus="{title}, dazu {topic}", lowered=False, topics={"Agents": "Agenten", "More to read": "Mehr zu lesen"}
)
HOME = replace(ENGLISH, topics={name: name for name in GERMAN.topics})
LANGUAGES = {"ada": "", "bo": "de", "cy": "tlh", "dee": "en", "eve": "ar"}


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    """Readers of several languages; Klingon is none that anybody has translated, and English is the
    newsletter's own."""
    async with open_app(config_in(tmp_path), NOW) as app:
        await app.subscribers.add([NewSubscriber(f"{name}@example.org") for name in LANGUAGES], NOW)
        async with app.database.begin() as connection:
            for name, language in LANGUAGES.items():
                one = sa.update(subscribers).where(subscribers.c.email == f"{name}@example.org")
                await connection.change(one.values(language=language))
        await app.entries.add(papers(4), NOW)
        yield app


async def test_each_reader_gets_it_in_the_language_that_they_asked_for(app: App):
    """Else in the newsletter's own; everything else about it is the same."""
    made = (await app.daily.publish(NOW, NOW)).edition
    assert made is not None
    async with app.database.read() as connection:
        rows = await connection.execute(sa.select(outbox.c.email, outbox.c.language))
        planned = {email.split("@")[0]: language for email, language in rows}
    assert planned == {"ada": "", "bo": "de", "cy": "", "dee": "", "eve": "ar"}
    html = await _copies(app)
    assert {name: _spoken(text) for name, text in html.items()} == {
        "ada": "en",
        "bo": "de",
        "cy": "en",
        "dee": "en",
        "eve": "ar",
    }
    assert "Abbestellen" in html["bo"]
    assert "Abbestellen" not in html["ada"]
    assert 'dir="rtl"' in html["eve"]
    for text in html.values():
        assert all(f"Title of paper {n}" in text for n in range(1, 5))


async def test_a_preview_is_in_the_language_of_its_reader(app: App):
    """And judged like any other."""
    edition = await app.desk.propose(NOW, NOW)
    assert edition is not None
    draft = app.desk.draft(edition, NOW)
    seen = await app.inspect(draft, "bo@example.org", spam=False)
    assert _spoken(seen.copy.html) == "de"
    assert not [finding for finding in seen.findings if finding.status is Status.FAIL]
    assert _spoken((await app.inspect(draft, "cy@example.org", spam=False)).copy.html) == "en"


async def test_a_rendering_is_kept_as_it_went_out(app: App):
    """A later attempt sends the same bytes."""
    made = (await app.daily.publish(NOW, NOW)).edition
    assert made is not None
    german = await app.outbox.rendering(made.id, "de")
    assert (german.nonce, german.created, german.language) == (made.nonce, made.created, "de")
    assert [item.entry.id for item in german.edition.featured] == [
        item.entry.id for item in made.edition.featured
    ]
    assert await _copies(app) == await _copies(app)


def test_topics_and_subject_are_in_the_other_language():
    """What is no topic of the house stays, and so do the entries."""
    made = edition(1, 1, 2)
    own = replace(made.sections[0], topic="Our own")
    more = replace(made.sections[0], topic="More to read (2)")
    translated = Translator(HOME, GERMAN).edition(replace(made, sections=(*made.sections, own, more)))
    assert [section.topic for section in translated.sections] == ["Agenten", "Our own", "Mehr zu lesen (2)"]
    assert [section.entries for section in translated.sections] == [made.sections[0].entries] * 3


def test_a_wish_by_the_name_of_a_topic_is_meant_in_both_languages():
    """As it was written, too: it may be a word of a title."""
    wishes = Wishes(topics=("AGENTS", "Birds"), muted=("agents",), keywords=("agents",))
    meant = Translator(HOME, GERMAN).wishes(wishes)
    assert meant.topics == ("Agenten", "Birds", "AGENTS")
    assert meant.muted == ("Agenten", "agents")
    assert meant.keywords == ("agents",)


@given(name=st.text(max_size=20))
def test_no_name_of_a_topic_breaks_it(name: str):
    """Neither brackets nor what formats take for a field."""
    made = replace(edition(1, 1), sections=(replace(edition(1, 1).sections[0], topic=name),))
    translated = Translator(HOME, GERMAN).edition(made)
    assert edition_to_json(translated)["sections"]
    assert translated.sections[0].topic in (name, "Agenten", "Mehr zu lesen")


async def _copies(app: App) -> dict[str, str]:
    with CopyDesk(app.outbox, app.composer) as desk:
        written = await desk.write(await app.outbox.due(NOW, 0, 10))
    found = {}
    for row, message in written:
        assert isinstance(message, Message)
        found[row.email.split("@")[0]] = _html(message)
    return found


def _html(message: Message) -> str:
    parsed = message_from_bytes(message.data, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    part = parsed.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def _spoken(html: str) -> str:
    """What the element around everything says of its language."""
    return html.partition("<html")[2].partition('lang="')[2].partition('"')[0]
