"""What a reader's own order, message and signature cost, for an edition of 99 papers. Prints JSON; see
README.md."""

import argparse
import asyncio
import hashlib
import json
import random
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from newsletter.adapters.dkim import DkimKey, DkimSigner
from newsletter.adapters.sources.file import FileSource
from newsletter.adapters.weights import shipped_editor
from newsletter.bootstrap import shipped
from newsletter.core import tokens
from newsletter.core.edition import EditionPolicy, arrange
from newsletter.core.likeness import like_of
from newsletter.core.model import Edition, Entry, Newsletter
from newsletter.core.reader import arrange_for
from newsletter.core.readerindex import ReaderIndex
from newsletter.core.terms import GENERIC, words
from newsletter.core.wishes import MOST_LIKES, Like, Wishes
from newsletter.ports import DueCopy, PublishedEdition
from newsletter.render.digest import render_edition
from newsletter.render.theme import Theme
from newsletter.services.compose import Composer

NOW = datetime(2026, 3, 11, 7, 30, tzinfo=UTC)
SECRET = b"0123456789abcdef0123456789abcdef"
NEWSLETTER = Newsletter(
    id="papers",
    name="Morning Papers",
    sender="Morning Papers <papers@example.org>",
    base_url="https://papers.example.org",
)
WISHES = (0, 3, 10, 30)
AUTHORS_A_PAPER = 5


async def entries_of_the_seed_page(rng: random.Random) -> list[Entry]:
    """With made-up authors, since the page has none."""
    found = (await FileSource("Page", shipped("seeds") / "papers.txt", None).fetch(NOW)).entries
    names = [f"Author {n}" for n in range(3 * len(found))]
    return [replace(entry, authors=tuple(rng.sample(names, AUTHORS_A_PAPER))) for entry in found]


def edition_of(entries: list[Entry], featured: int) -> Edition:
    """All of them, so many in full and the rest by title."""
    policy = EditionPolicy(editor=shipped_editor(), max_entries=featured, max_also=len(entries))
    made = arrange(entries, policy, newsletter=NEWSLETTER.id, number=1, slot=NOW, now=NOW)
    if made is None:
        raise SystemExit("the seed page gave no edition")
    return made


def readers(edition: Edition, count: int, rng: random.Random) -> Iterator[Wishes]:
    """Endlessly: so many wishes each, drawn from what the edition has and what it has not. Of ten, three are
    keywords, two topics, two authors, one is muted and two are likes."""
    text = " ".join(f"{item.entry.title} {item.entry.summary}" for item in edition.featured)
    keywords = sorted(set(words(text)) - GENERIC)
    topics = [section.topic for section in edition.sections] + [f"Topic {n}" for n in range(20)]
    authors = [f"Author {n}" for n in range(3 * len(edition.featured))]
    likes = [like for rank in range(1, 40) if (like := like_of(edition, rank))]
    draw: list[Callable[[], tuple[str, str | Like]]] = [
        *[lambda: ("keywords", " ".join(rng.sample(keywords, rng.choice((1, 1, 2)))))] * 3,
        *[lambda: ("topics", rng.choice(topics))] * 2,
        *[lambda: ("authors", rng.choice(authors))] * 2,
        lambda: ("muted", rng.choice(keywords)),
        *[lambda: ("likes", rng.choice(likes))] * 2,
    ]
    while True:
        wished = [rng.choice(draw)() for _ in range(count)]
        named = {kind: tuple(wish for of, wish in wished if of == kind) for kind, _ in wished}
        likes_ = named.pop("likes", ())[:MOST_LIKES]
        yield Wishes(**named, likes=likes_)  # type: ignore[arg-type]


def published(edition: Edition) -> PublishedEdition:
    """Rendered with the shipped theme."""
    theme = Theme.load(shipped("templates") / "digest", [shipped("templates") / "base"])
    rendered = render_edition(edition, NEWSLETTER, theme, nonce=tokens.nonce(SECRET, NEWSLETTER.id, 1))
    return PublishedEdition(1, edition, rendered.html, rendered.text, rendered.nonce, NOW)


def best(work: Callable[[Any], object], each: Sequence[object]) -> float:
    """Seconds of this process for all of them, whoever else is on the machine; the best of five rounds. No
    result is kept, as none is when an edition goes out."""

    def seconds() -> float:
        start = time.process_time()
        for one in each:
            work(one)
        return time.process_time() - start

    return min(seconds() for _ in range(5))


def signing(composer: Composer, times: int) -> dict[str, object]:
    """Microseconds of a signature, beside those of what it cannot do without."""
    message = composer.unsigned(DueCopy(1, 1, 1, "reader@example.org", "", Wishes(), 0))
    if message is None:
        raise SystemExit("there is no message to sign")
    rsa, ed25519 = (DkimKey.generate(kind, kind) for kind in ("rsa", "ed25519"))
    one, both = (DkimSigner("example.org", keys) for keys in ([rsa], [rsa, ed25519]))
    data, digest = message.data, hashlib.sha256(message.data).digest()

    def microseconds(work: Callable[[], object]) -> float:
        return round(1e6 * best(lambda _: work(), range(times)) / times, 1)

    return {
        "message_bytes": len(data),
        "rsa_operation_us": microseconds(lambda: rsa.sign(digest)),
        "sha256_us": microseconds(lambda: hashlib.sha256(data).digest()),
        "rsa_us": microseconds(lambda: one.sign(data, canonical=True)),
        "rsa_and_ed25519_us": microseconds(lambda: both.sign(data, canonical=True)),
    }


def measure(people: int) -> dict[str, object]:
    """Arranging 99 entries, and the messages of an edition as it is by default: 25 in full, 10 by title."""
    rng = random.Random(1)  # noqa: S311
    entries = asyncio.run(entries_of_the_seed_page(rng))
    large, usual = edition_of(entries, 89), edition_of(entries, 25)
    usual = replace(usual, also=usual.also[:10])
    index = ReaderIndex.of(large)
    built = best(ReaderIndex.of, [large])
    composer = Composer(published(usual), NEWSLETTER, SECRET)
    rows = []
    for count in WISHES:
        drawn = readers(large, count, rng)
        wishes = [next(drawn) for _ in range(people)]
        copies = [DueCopy(n, 1, n, f"reader{n}@example.org", "", wish, 0) for n, wish in enumerate(wishes)]
        arranged = best(partial(arrange_for, index), wishes)
        written = best(composer.unsigned, copies)
        rows.append(
            {
                "wishes": count,
                "arranging_us": round(1e6 * arranged / people, 1),
                "minutes_a_million": round(1e6 * arranged / people / 60, 2),
                "arranged_per_second": round(people / arranged),
                "message_us": round(1e6 * written / people, 1),
                "messages_per_second": round(people / written),
            }
        )
    return {
        "entries": len(entries),
        "readers": people,
        "index_ms": round(1e3 * built, 1),
        "by_wishes": rows,
        "signing": signing(composer, min(people, 500)),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    """Measure on one core."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=5000)
    print(json.dumps(measure(parser.parse_args().readers)))


if __name__ == "__main__":
    main()
