"""Editions as JSON for the archive: frozen once published, and read back exactly as they were.

Entries are written as everywhere (`core.jsonl`), but not read as from outside: nothing is cleaned or made
up here, so that an old edition stays what it was when the cleaning changes.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from newsletter.core.jsonl import entry_to_json
from newsletter.core.model import Edition, Entry, RankedEntry, Section
from newsletter.core.topics import is_catch_all
from newsletter.errors import InputError

__all__ = ["edition_from_json", "edition_to_json"]

_TIMES = ("published", "listed", "first_seen")
_LISTS = ("authors", "links", "categories", "keywords")


def edition_to_json(edition: Edition) -> dict[str, object]:
    """The edition as plain JSON values."""
    return {
        "newsletter": edition.newsletter,
        "number": edition.number,
        "slot": edition.slot.isoformat(),
        "since": edition.since.isoformat() if edition.since else None,
        "subject": edition.subject,
        "preheader": edition.preheader,
        "sections": [
            {
                "topic": section.topic,
                "catch_all": section.catch_all,
                "entries": [_ranked_to_json(item) for item in section.entries],
            }
            for section in edition.sections
        ],
        "also": [_ranked_to_json(item) for item in edition.also],
        "rest": list(edition.rest),
    }


def edition_from_json(obj: Mapping[str, Any]) -> Edition:
    """The edition that `edition_to_json` wrote. Raises InputError for anything else."""
    try:
        return Edition(
            newsletter=obj["newsletter"],
            number=obj["number"],
            slot=datetime.fromisoformat(obj["slot"]),
            since=datetime.fromisoformat(obj["since"]) if obj.get("since") else None,
            subject=obj["subject"],
            preheader=obj["preheader"],
            sections=tuple(
                Section(
                    topic=section["topic"],
                    entries=_all_ranked(section["entries"]),
                    # Editions of the first version say it by the name alone.
                    catch_all=section.get("catch_all", is_catch_all(section["topic"])),
                )
                for section in obj["sections"]
            ),
            also=_all_ranked(obj["also"]),
            rest=tuple(obj["rest"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"archived edition: {type(error).__name__}: {error}; it is not as it was written"
        ) from error


def _ranked_to_json(item: RankedEntry) -> dict[str, object]:
    return {
        "rank": item.rank,
        "score": item.score,
        "reasons": list(item.reasons),
        "line": item.line,
        "entry": entry_to_json(item.entry),
    }


def _all_ranked(items: Sequence[Mapping[str, Any]]) -> tuple[RankedEntry, ...]:
    return tuple(
        RankedEntry(
            entry=_entry(item["entry"]),
            rank=item["rank"],
            score=item["score"],
            reasons=tuple(item["reasons"]),
            line=item["line"],
        )
        for item in items
    )


def _entry(values: Mapping[str, Any]) -> Entry:
    known = dict(values)
    for key in _TIMES:
        if known.get(key) is not None:
            known[key] = datetime.fromisoformat(known[key])
    for key in _LISTS:
        known[key] = tuple(known.get(key, ()))
    return Entry(**known)
