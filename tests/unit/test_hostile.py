"""A thousand texts from outside that would do harm as anything but text, in every place that shows one."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import cycle, islice
from typing import Any

import pytest
from golden.produce import SECRET
from support.hostile import ADDRESSES, TEXTS, corpus
from support.themes import THEMES, shipped_theme

from newsletter.core.edition import EditionPolicy
from newsletter.core.letters import LetterKind
from newsletter.core.model import Edition, Entry, Newsletter, RankedEntry, Section, Subscriber
from newsletter.core.phrases import ENGLISH
from newsletter.core.reader import Arrangement, SectionPlace
from newsletter.core.wishes import Wishes
from newsletter.render.balance import balance_error
from newsletter.render.compiled import Shape
from newsletter.render.copy import Copy
from newsletter.render.detail import FULL
from newsletter.render.digest import render_edition
from newsletter.render.findings import Status
from newsletter.render.fitting import CLIP_LIMIT
from newsletter.render.personalise import Links, Personaliser, Reader
from newsletter.render.text import clean, cut, safe_link
from newsletter.services.inspect import Inspector
from newsletter.services.letters import LetterWriter
from newsletter.services.publish import Draft, EditorialDesk

NOW = datetime(2026, 11, 20, 7, tzinfo=UTC)
EMAIL = "{{7*7}}'&$x$/=?^_`|~<".removesuffix("<") + "@example.org"
TEXTS_OF_AN_ENTRY = 9
SECTIONS = 4
LINKS = Links(
    unsubscribe="https://papers.example.org/unsubscribe/t0k3n",
    preferences="https://papers.example.org/preferences/t0k3n",
    more="https://papers.example.org/more/t0k3n/42",
)


def harmless(text: str) -> str:
    """A word where there is something to show."""
    return "harmless" if clean(text) else ""


def harmless_link(url: str) -> str | None:
    """An address where this one would be linked."""
    return "https://example.org/" if safe_link(url) else None


def edition_of(
    texts: Sequence[str],
    links: Sequence[str] = ADDRESSES,
    *,
    made: Callable[[str], str] = str,
    linked: Callable[[str], str | None] = str,
) -> Edition:
    """Each text in one place, and what `made` makes of it; one entry of ten by title."""
    supply, urls = cycle(texts), cycle(links)
    count = len(texts) // TEXTS_OF_AN_ENTRY
    ranked = [
        _ranked(
            rank,
            [made(text) for text in islice(supply, TEXTS_OF_AN_ENTRY)],
            [linked(url) for url in islice(urls, 5)],
        )
        for rank in range(1, count + 1)
    ]
    featured, also = ranked[: count - count // 10], ranked[count - count // 10 :]
    return Edition(
        newsletter="papers",
        number=42,
        slot=NOW,
        subject=ranked[0].entry.title[:69] or "harmless",
        preheader=ranked[1].entry.title,
        sections=tuple(
            Section(topic=made(next(supply)) or "harmless", entries=tuple(featured[at::SECTIONS]))
            for at in range(SECTIONS)
        ),
        also=tuple(also),
        rest=("hash:rest",),
    )


def _ranked(rank: int, texts: Sequence[str], links: Sequence[str | None]) -> RankedEntry:
    title, line, summary, one, two, organization, keyword, reason, category = texts
    entry = Entry(
        id=f"hash:{rank}",
        title=title,
        summary=f"{line} {summary}",
        authors=(one, two),
        organization=organization,
        keywords=(keyword,),
        categories=(category,),
        upvotes=rank,
        **dict(zip(("url", "code", "project", "discussion", "search"), links, strict=True)),
    )
    return RankedEntry(entry=entry, rank=rank, score=1 / rank, reasons=(reason, "has code"), line=line)


def newsletter_of(text: str) -> Newsletter:
    """One that has this text wherever an operator may write any."""
    return Newsletter(
        id="papers",
        name=text,
        sender="Morning Papers <papers@example.org>",
        base_url="https://papers.example.org",
        reply_to="editor@example.org",
        postal_address=f"{text}\n{text}",
        show_reasons=True,
    )


def copy_of(edition: Edition, newsletter: Newsletter, theme: str, name: str) -> Copy:
    """All of it but one in full, the last first."""
    rendered = render_edition(edition, newsletter, shipped_theme(theme), nonce="0123456789abcdef")
    lead, also = edition.featured[0].rank, [item.rank for item in edition.also]
    sections = [
        SectionPlace(index, len(ranks), tuple(rank for rank in reversed(ranks) if rank != lead))
        for index, ranks in enumerate(Shape.of(edition).sections)
    ]
    arrangement = Arrangement(lead, tuple(also[:-1]), tuple(reversed(sections)), tuple(also[-1:]))
    reader = Reader(
        email=EMAIL,
        name=name,
        links=LINKS,
        subject=edition.subject,
        preheader=edition.preheader,
        arrangement=replace(arrangement, followed=frozenset((0, 2))),
    )
    return Personaliser(rendered, Shape.of(edition)).copy(reader)


class Seen(HTMLParser):
    """What a browser would make of it: how often each element is there, which attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: Counter[str] = Counter()
        self._texts: list[str] = []
        self._hidden = False
        self.feed(html)
        self.close()
        self.text = " ".join("".join(self._texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes.update(name for name, _ in attrs)
        self._hidden = tag in ("style", "title")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._texts.append(data)


def shown_of(item: RankedEntry, theme: str, *, full: bool) -> list[str]:
    """What both parts show of an entry in this theme."""
    entry, texts = item.entry, [cut(clean(item.entry.title), FULL.title) or "Untitled"]
    if full:
        texts += [cut(clean(item.line), FULL.summary)]
    if full and theme != "compact":
        authors = [cut(name, 80) for name in map(clean, entry.authors) if name]
        texts += [*authors, cut(clean(entry.organization or ""), 80)]
        texts += [clean(item.reasons[0])]
    return list(filter(None, texts))


@pytest.mark.parametrize("theme", THEMES)
def test_a_thousand_texts(theme: str) -> None:
    """Every text is shown as it is in both parts, and neither an element nor an attribute is there that is
    not there with harmless words."""
    texts = corpus(1000)
    shift = 3 * THEMES.index(theme)  # so that each text comes to stand in another place in each theme
    texts = texts[shift:] + texts[:shift]
    edition = edition_of(texts)
    plain = edition_of(texts, made=harmless, linked=harmless_link)
    copy = copy_of(edition, newsletter_of(TEXTS[13]), theme, TEXTS[shift])
    seen, same = Seen(copy.html), Seen(copy_of(plain, newsletter_of("harmless"), theme, "harmless").html)
    assert seen.tags == same.tags
    assert seen.attributes == same.attributes
    assert balance_error(copy.html.removeprefix("<!DOCTYPE html>")) is None
    text = " ".join(copy.text.split())
    items = (*edition.featured, *edition.also)
    title_only = edition.also[-1]
    expected = [one for item in items for one in shown_of(item, theme, full=item is not title_only)]
    expected += [clean(section.topic) for section in edition.sections]
    assert len(expected) > 200
    assert [one for one in expected if one not in seen.text] == []
    assert [one for one in expected if one not in text] == []


def desk_of(newsletter: Newsletter, theme: str) -> EditorialDesk:
    """Which is asked for drafts only, and so needs no store."""
    stores: Any = None
    policy: Any = EditionPolicy(editor=stores)
    return EditorialDesk(newsletter, policy, shipped_theme(theme), ENGLISH, SECRET, stores, stores)


def draft_of(edition: Edition, newsletter: Newsletter, theme: str) -> Draft:
    return desk_of(newsletter, theme).draft(edition, NOW)


@pytest.mark.parametrize("theme", THEMES)
async def test_no_point_fails(theme: str) -> None:
    """The judges find nothing wrong with them either: nor in the header, nor in another reader's copy."""
    shift = 5 * THEMES.index(theme)
    texts = [*TEXTS[shift:], *TEXTS[:shift]]
    edition = edition_of([text[:200] for text in texts * 3])
    newsletter = newsletter_of(TEXTS[0])
    wishes = Wishes(
        authors=tuple(item.entry.authors[0] for item in edition.featured),
        topics=tuple(section.topic for section in edition.sections),
        keywords=("title", TEXTS[1]),
    )
    person = Subscriber(id=7, email=EMAIL, name=TEXTS[4], wishes=wishes)
    inspector = Inspector(desk_of(newsletter, theme), newsletter, SECRET, None)
    seen = await inspector.inspect(draft_of(edition, newsletter, theme), person, None)
    failing = [finding for finding in seen.findings if finding.status is Status.FAIL]
    # A title such as "<" is a link without a word, and rightly found.
    assert [finding for finding in failing if finding.point != 10] == []


def test_on_the_ladder() -> None:
    """What is cut is cut as text: a thousand of them fit, and stay text."""
    draft = draft_of(edition_of(corpus(1000, seed=2)), newsletter_of(TEXTS[13]), "compact")
    assert draft.fitting.steps
    assert draft.fitting.encoded <= CLIP_LIMIT
    assert balance_error(draft.rendered.html.removeprefix("<!DOCTYPE html>")) is None
    seen = Seen(draft.rendered.html)
    assert not {"script", "svg", "b", "h4"} & set(seen.tags)
    assert not {name for name in seen.attributes if name.startswith("on")}


@pytest.mark.parametrize("kind", LetterKind)
def test_letters(kind: LetterKind) -> None:
    """The small mails as well, whatever the newsletter or its reader is called."""

    def written(name: str) -> Copy:
        newsletter = replace(newsletter_of(name), postal_address=clean(name))
        writer = LetterWriter(newsletter, shipped_theme(), SECRET)
        return writer.write(kind, Subscriber(id=7, email=EMAIL, name=name.replace("\0", "")), NOW, NOW)[0]

    plain = Seen(written("harmless").html)
    for text in filter(clean, TEXTS):
        copy = written(text)
        seen = Seen(copy.html)
        assert (seen.tags, seen.attributes) == (plain.tags, plain.attributes), text
        assert clean(text) in seen.text
        assert clean(text) in " ".join(copy.text.split())
        assert EMAIL in seen.text
        assert EMAIL in copy.text
