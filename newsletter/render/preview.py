"""One reader's copy as files to look at: a small work bench around the email."""

import email
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy

from newsletter.core.model import Edition, Newsletter, RankedEntry
from newsletter.render.personalise import Copy
from newsletter.render.text import clean
from newsletter.render.theme import Theme

__all__ = ["CLIP_LIMIT", "PREVIEW_FILES", "preview_pages"]

PREVIEW_FILES = ("index.html",)
"""What the theme of the work bench must have."""
CLIP_LIMIT = 102_400
"""Bytes of HTML from which large mailboxes cut an email short."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """Why an entry stands where it stands."""

    rank: int
    title: str
    place: str
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Size:
    what: str
    octets: int
    limit: int | None


def preview_pages(
    edition: Edition, newsletter: Newsletter, copy: Copy, message: bytes, bench: Theme
) -> dict[str, bytes]:
    """The files by name: index.html shows the other three. `message` is `copy` as it would be sent."""
    index = bench.render(
        "index.html",
        name=clean(newsletter.name),
        language=clean(newsletter.language),
        number=edition.number,
        subject=_subject(message),
        text=copy.text,
        header=message.partition(b"\r\n\r\n")[0].decode("ascii", "replace"),
        sizes=tuple(_sizes(copy, message)),
        standings=tuple(_standings(edition)),
    )
    return {
        "index.html": index.encode(),
        "email.html": copy.html.encode(),
        "email.txt": copy.text.encode(),
        "email.eml": message,
    }


def _subject(message: bytes) -> str:
    """As this reader gets it."""
    return clean(str(email.message_from_bytes(message, policy=policy.default)["Subject"]))


def _sizes(copy: Copy, message: bytes) -> Iterator[_Size]:
    parts = email.message_from_bytes(message).walk()
    encoded = sum(len(part.get_payload()) for part in parts if part.get_content_type() == "text/html")
    yield _Size("HTML", len(copy.html.encode()), CLIP_LIMIT)
    yield _Size("HTML, encoded", encoded, CLIP_LIMIT)
    yield _Size("Plain text", len(copy.text.encode()), None)
    yield _Size("The whole message", len(message), None)


def _standings(edition: Edition) -> Iterator[_Standing]:
    topics = {item.rank: section.topic for section in edition.sections for item in section.entries}
    for item in sorted((*edition.featured, *edition.also), key=_rank):
        yield _Standing(
            rank=item.rank,
            title=clean(item.entry.title),
            place=clean(topics.get(item.rank, "Also new")),
            score=item.score,
            reasons=tuple(map(clean, item.reasons)),
        )


def _rank(item: RankedEntry) -> int:
    return item.rank
