"""Editions of every size are made to fit: step by step, counted, and nobody's copy is cut short."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from support.large import large_edition
from support.themes import shipped_theme

from newsletter.bootstrap import shipped
from newsletter.core.model import Edition, Newsletter
from newsletter.core.phrases import ENGLISH
from newsletter.core.reader import arrange_for
from newsletter.core.readerindex import ReaderIndex
from newsletter.core.trimming import trimmed
from newsletter.core.wishes import Wishes
from newsletter.errors import TemplateError
from newsletter.render.compiled import Shape
from newsletter.render.digest import render_edition
from newsletter.render.fitting import CLIP_LIMIT
from newsletter.render.ladder import RUNGS, Fitted, Rung, fit
from newsletter.render.personalise import Links, Personaliser, Reader
from newsletter.render.quoted import quoted
from newsletter.render.theme import Theme
from newsletter.render.weight import Weight

NONCE = "0123456789abcdef"
LINKS = Links(
    unsubscribe="https://papers.example.org/unsubscribe/" + "t" * 32,
    preferences="https://papers.example.org/preferences/" + "t" * 32,
    more="https://papers.example.org/more/" + "t" * 32 + "/42",
)


@pytest.fixture(scope="module")
def newsletter(render_newsletter: Newsletter) -> Newsletter:
    """One that shows everything."""
    return replace(render_newsletter, show_reasons=True)


def fitted(edition: Edition, newsletter: Newsletter, theme: Theme) -> Fitted:
    """With the links of any reader."""
    return fit(edition, newsletter, theme, ENGLISH, nonce=NONCE, links=LINKS)


def on(edition: Edition, rung: Rung) -> Edition:
    """What is left of an edition."""
    return trimmed(edition, per_topic=rung.per_topic, also=rung.also, featured=rung.featured, phrases=ENGLISH)


def size(edition: Edition, newsletter: Newsletter, theme: Theme, rung: Rung) -> Weight:
    """Of the largest copy on this rung."""
    kept = on(edition, rung)
    rendered = render_edition(kept, newsletter, theme, nonce=NONCE, detail=rung.detail)
    return Personaliser(rendered, Shape.of(kept)).largest(LINKS)


def ids(edition: Edition) -> Iterator[str]:
    """Of all that an edition knows, in the email or on the web."""
    yield from (item.entry.id for item in (*edition.featured, *edition.also))
    yield from edition.rest


def copies(found: Fitted, wishes: Sequence[Wishes]) -> Iterator[tuple[str, str]]:
    """HTML and plain text for people with long names and addresses."""
    made = Personaliser(found.rendered, Shape.of(found.edition))
    index = ReaderIndex.of(found.edition)
    for wish in wishes:
        arrangement = arrange_for(index, wish)
        assert arrangement
        reader = Reader(
            email=f"{'o-brien&' * 8}@{'a' * 180}.example",
            name="'😀" * 60,
            links=LINKS,
            subject=found.edition.subject,
            preheader=found.edition.preheader,
            arrangement=arrangement,
        )
        copy = made.copy(reader)
        yield copy.html, copy.text


def greedy(edition: Edition) -> Wishes:
    """Somebody who follows something in all that is there."""
    items = (*edition.featured, *edition.also)
    return Wishes(
        topics=tuple(section.topic for section in edition.sections),
        authors=tuple(item.entry.authors[0] for item in items if item.entry.authors),
        keywords=tuple(" ".join(item.entry.title.split()[:3]) for item in items),
    )


@pytest.mark.parametrize(
    ("theme", "entries", "script"),
    [
        ("digest", 1, "latin"),
        ("digest", 35, "signs"),
        ("weekly", 50, "arabic"),
        ("digest", 90, "chinese"),
        ("compact", 200, "emoji"),
    ],
)
def test_every_size_fits(newsletter: Newsletter, theme: str, entries: int, script: str) -> None:
    """With titles of 300 characters, lines of 600 and links of 300, decoded and encoded, for everybody; what
    has no room is counted and linked, nothing is lost, and the lead stays."""
    edition, spoken = large_edition(entries, script), shipped_theme(theme)
    found = fitted(edition, newsletter, spoken)
    kept, fitting = found.edition, found.fitting
    assert fitting.decoded <= CLIP_LIMIT
    assert fitting.encoded <= CLIP_LIMIT
    assert sorted(ids(kept)) == sorted(ids(edition))
    assert kept.featured[0] == edition.featured[0]
    assert kept.candidates == edition.candidates
    for html, text in copies(found, (Wishes(), greedy(kept))):
        assert len(html.encode()) <= fitting.decoded
        assert len(quoted(html)) <= CLIP_LIMIT
        assert LINKS.unsubscribe in html
        assert LINKS.unsubscribe in text
        archive = f"{newsletter.base_url}/archive/{edition.number}"
        if kept.more:
            assert f">{kept.more} more on the web</a>" in html
            assert f"{kept.more} more on the web:\n{archive}\n" in text
        else:
            assert "more on the web" not in html + text
    place = [tuple(rung.told.values()) for rung in RUNGS].index(fitting.steps)
    if place:
        before = size(edition, newsletter, spoken, RUNGS[place - 1])
        assert before.encoded > CLIP_LIMIT, "an earlier step would have done"


def test_same_bytes(newsletter: Newsletter) -> None:
    """The same edition always ends on the same rung, with the same HTML and plain text."""
    edition = large_edition(40, "signs")
    one, other = (fitted(edition, newsletter, shipped_theme()) for _ in range(2))
    assert one == other
    assert one.fitting.steps


def test_what_fits_stays_as_it_is(newsletter: Newsletter) -> None:
    """No step is taken where there is room for all."""
    edition = large_edition(20, "latin", long=False)
    found = fitted(edition, newsletter, shipped_theme("compact"))
    assert found.edition is edition
    assert found.fitting.steps == ()


def test_steps_are_told_in_words() -> None:
    """Each rung says in words what it takes away; what a later one says of the same thing replaces it."""
    assert RUNGS[0] == Rung()
    assert all(len(rung.told) >= len(above.told) for above, rung in pairwise(RUNGS))
    told = [tuple(rung.told.values()) for rung in RUNGS]
    assert len(set(told)) == len(RUNGS)
    assert told[-1] == (
        "summaries of at most 90 characters, titles of at most 120",
        "one author each, no organizations, no reasons of the editor",
        "links to paper and code only",
        "at most 1 in all, none by title only",
    )


def test_each_rung_shows_less() -> None:
    """Nothing comes back on the way down: texts before names before links before entries."""
    for above, rung in pairwise(RUNGS):
        detail, more = rung.detail, above.detail
        assert (detail.title, detail.summary) <= (more.title, more.summary)
        assert (detail.names, detail.second_sentence) <= (more.names, more.second_sentence)
        assert detail.links <= more.links
        assert (rung.per_topic, rung.also, rung.featured) <= (above.per_topic, above.also, above.featured)
        assert (rung.detail, rung.per_topic, rung.also, rung.featured) != (
            above.detail, above.per_topic, above.also, above.featured,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("theme", "entries", "script", "long"),
    [
        ("digest", 15, "latin", True),
        ("digest", 20, "signs", False),
        ("compact", 30, "emoji", False),
        ("weekly", 20, "chinese", False),
        ("compact", 3, "latin", False),
    ],
)
def test_sizes_do_not_grow(newsletter: Newsletter, theme: str, entries: int, script: str, long: bool) -> None:
    """From rung to rung the largest copy is no larger, so that the first rung that fits can be looked for by
    halves. The button that leads to the web may come with one of them."""
    spoken = shipped_theme(theme)
    edition = replace(large_edition(entries, script, long=long), rest=("hash:rest",))
    # Where a rung takes nothing away, the size is the same.
    shown = {(rung.detail, on(edition, rung).rest): rung for rung in RUNGS}
    assert len(shown) >= 6
    for above, below in pairwise(size(edition, newsletter, spoken, rung) for rung in shown.values()):
        assert below.plain <= above.plain
        assert below.encoded <= above.encoded


@pytest.mark.parametrize(("entries", "least"), [(40, 0.8), (120, 0.6)])
def test_little_room_is_left(newsletter: Newsletter, entries: int, least: float) -> None:
    """The steps are small: where entries have to go, most of what would fit is used."""
    found = fitted(large_edition(entries, "latin"), newsletter, shipped_theme("compact"))
    assert found.fitting.steps
    assert found.fitting.encoded > least * CLIP_LIMIT


class TestThemes:
    """Themes of somebody's own, made from the digest."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        for file in (shipped("templates") / "digest").iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        return tmp_path

    def load(self, folder: Path) -> Theme:
        return Theme.load(folder, [shipped("templates") / "base"])

    def test_no_room_at_all(self, folder: Path, newsletter: Newsletter) -> None:
        """A text that is too large by itself is told with its file and the bytes."""
        file = folder / "edition.mjml"
        long = "{% block folio %}" + "<b>much</b> " * 10_000 + "{% endblock %}"
        file.write_text(file.read_text(encoding="utf-8") + long, encoding="utf-8")
        with pytest.raises(TemplateError, match=r"may take 1\d\d,\d\d\d bytes, .* from 102,400 on") as caught:
            fitted(large_edition(5, "latin"), newsletter, self.load(folder))
        assert str(caught.value).startswith(f"{file}: with one entry")

    def test_a_heavy_style(self, folder: Path, newsletter: Newsletter) -> None:
        """Styles that stand at each entry leave room for few entries, and for one at least."""
        file = folder / "style.css"
        fonts = ", ".join(f"Font {number}" for number in range(300))
        file.write_text(file.read_text(encoding="utf-8") + f".title {{ font-family: {fonts} }}")
        edition = large_edition(30, "latin", long=False)
        found = fitted(edition, newsletter, self.load(folder))
        assert 1 <= len(found.edition.featured) < 20
        assert sorted(ids(found.edition)) == sorted(ids(edition))
        assert found.fitting.encoded <= CLIP_LIMIT
