"""Editions that wait for a person's word, as commands show them."""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from newsletter.bootstrap import App
from newsletter.cli.output import edition_json, when
from newsletter.core.archive import edition_to_json
from newsletter.core.series import edition_name, parse_edition_name
from newsletter.core.slots import local_time
from newsletter.errors import NotFound
from newsletter.ports import WaitingEdition

__all__ = ["draft_json", "draft_lines", "find_draft", "waits_json", "waits_line"]


async def find_draft(app: App, name: str) -> WaitingEdition:
    """The one of this name that waits. Raises NotFound."""
    found = parse_edition_name(app.newsletter.id, name)
    if found is None:
        raise NotFound(f"there is no edition {name}.")
    return await app.drafts.get(*found)


def waits_line(waiting: WaitingEdition, zone: tzinfo) -> str:
    """That it waits, until when, and what lets it go."""
    edition = waiting.edition
    name = edition_name(edition)
    return (
        f"· Edition {name} waits for your word until {when(local_time(waiting.deadline, zone))}: "
        f"{edition.subject}\n  `newsletter editions show {name}` shows it, "
        f"`newsletter editions approve {name}` lets it go."
    )


def waits_json(waiting: WaitingEdition) -> dict[str, object]:
    """The same for programs."""
    slot = waiting.edition.slot
    return edition_json(waiting.edition) | {
        "name": edition_name(waiting.edition),
        "waits_until": _until(waiting.deadline, slot),
        "version": waiting.version,
        "dropped": list(waiting.dropped),
    }


def draft_json(waiting: WaitingEdition) -> dict[str, object]:
    """With all that is in it, where a published edition has its copies too."""
    return waits_json(waiting) | {
        "outbox": None,
        "paused": None,
        "content": edition_to_json(waiting.edition),
    }


def draft_lines(waiting: WaitingEdition, zone: tzinfo) -> Iterator[str]:
    """The edition with the ranks and ids by which its entries are named, and what may be said to it."""
    edition = waiting.edition
    name = edition_name(edition)
    yield f"Edition {name}, {when(edition.slot)}"
    yield edition.subject
    yield f"Waits for your word until {when(local_time(waiting.deadline, zone))}."
    for heading, items in (
        *((section.topic, section.entries) for section in edition.sections),
        *([("Also new", edition.also)] if edition.also else []),
    ):
        yield f"\n{heading}"
        for item in items:
            yield f"{item.rank:4d}. {item.entry.title}"
            yield f"      {'; '.join([item.entry.id, *item.reasons])}"
    yield f"\n{edition.more} more on the web."
    yield ""
    yield f"`newsletter editions approve {name}` lets it go, `newsletter editions reject {name}` does not."
    yield (
        f"`editions drop {name} ENTRY`, `editions pin {name} ENTRY` and `editions move {name} ENTRY RANK` "
        "change it first; ENTRY is a rank or an id."
    )


def _until(deadline: datetime, slot: datetime) -> str:
    return local_time(deadline, slot.tzinfo).isoformat() if slot.tzinfo else deadline.isoformat()
