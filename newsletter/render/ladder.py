"""The size ladder: from everything down to one entry, until the largest copy is not cut short.

    all ─▶ shorter summaries ─▶ fewer names ─▶ fewer links ─▶ shorter still ─▶ fewer entries of each topic
        ─▶ fewer entries; what has no room is on the web, and counted

Each rung keeps what those before it have taken away. The first that fits is taken, for both parts alike, so
the same edition always ends on the same rung. Listed for operators in docs/email.md.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from newsletter.core.model import Edition, Newsletter
from newsletter.core.phrases import Phrases
from newsletter.core.trimming import trimmed
from newsletter.errors import TemplateError
from newsletter.render.clicklinks import ClickLinks
from newsletter.render.compiled import Shape
from newsletter.render.detail import FULL, Detail
from newsletter.render.digest import RenderedEdition, render_edition
from newsletter.render.fitting import CLIP_LIMIT, Fitting
from newsletter.render.personalise import Links, Personaliser
from newsletter.render.theme import Theme

__all__ = ["RUNGS", "Fitted", "Rung", "fit"]

_ANY = 10_000


@dataclass(frozen=True, slots=True)
class Rung:
    """What an email shows at most."""

    told: dict[str, str] = field(default_factory=dict)
    """What was taken away, in words, by its kind."""
    detail: Detail = FULL
    per_topic: int = _ANY
    also: int = _ANY
    featured: int = _ANY


_PER_TOPIC = (24, 16, 12, 10, 8, 6, 5, 4, 3, 2, 1)
_IN_ALL = (40, 30, 24, 20, 16, 12, 9, 6, 4, 3, 2, 1)
"""Close enough together that what fits is not much less than what would have fitted."""


def _rungs() -> Iterator[Rung]:
    rung = Rung()
    yield rung
    short = replace(FULL, summary=160, second_sentence=False)
    few = replace(short, names=False, links=frozenset(("paper", "code")))
    for kind, words, detail in (
        ("summaries", "summaries of at most 160 characters, the lead's too", short),
        ("names", "one author each, no organizations, no reasons of the editor", replace(short, names=False)),
        ("links", "links to paper and code only", few),
        (
            "summaries",
            "summaries of at most 90 characters, titles of at most 120",
            replace(few, summary=90, title=120),
        ),
    ):
        rung = replace(rung, told=rung.told | {kind: words}, detail=detail)
        yield rung
    for most in _PER_TOPIC:
        words = f"at most {most} of each topic, {most} more by title"
        rung = replace(rung, told=rung.told | {"topics": words}, per_topic=most, also=most)
        yield rung
    for most in _IN_ALL:
        words = f"at most {most} in all, none by title only"
        rung = replace(rung, told=rung.told | {"topics": words}, featured=most, also=0)
        yield rung


RUNGS = tuple(_rungs())


@dataclass(frozen=True)
class Fitted:
    """An edition that no reader gets cut short."""

    edition: Edition
    """Without the entries that had no room; they are the first of its rest."""
    rendered: RenderedEdition
    detail: Detail
    """What is shown of each entry."""
    fitting: Fitting


def fit(
    edition: Edition,
    newsletter: Newsletter,
    theme: Theme,
    phrases: Phrases,
    *,
    nonce: str,
    links: Links,
    clicks: ClickLinks | None = None,
) -> Fitted:
    """Render `edition` on the first rung on which it fits; `links` are as long as everybody's. TemplateError
    where the theme leaves no room for a single entry."""
    tried: dict[int, Fitted] = {}

    def fits(place: int) -> bool:
        rung = RUNGS[place]
        kept = trimmed(
            edition,
            per_topic=rung.per_topic,
            also=rung.also,
            featured=rung.featured,
            phrases=phrases,
        )
        rendered = render_edition(kept, newsletter, theme, nonce=nonce, detail=rung.detail, clicks=clicks)
        most = Personaliser(rendered, Shape.of(kept)).largest(links)
        fitting = Fitting(tuple(rung.told.values()), most.plain, most.encoded)
        tried[place] = Fitted(kept, rendered, rung.detail, fitting)
        return most.plain <= CLIP_LIMIT and most.encoded <= CLIP_LIMIT

    place = 0 if fits(0) else bisect_left(range(len(RUNGS)), True, lo=1, key=fits)
    if place == len(RUNGS):
        size = tried[place - 1].fitting.encoded
        raise TemplateError(
            f"{theme.file('edition.mjml')}: with one entry the HTML may take {size:,} bytes, "
            f"and mailboxes cut it short from {CLIP_LIMIT:,} on: the theme must do with less"
        )
    if place not in tried:
        fits(place)
    return tried[place]
