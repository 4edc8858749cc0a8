"""Taking entries in: each becomes a new one, or adds to the one that is the same paper already."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from newsletter.adapters.stores.database import Connection
from newsletter.adapters.stores.shelf import Shelf
from newsletter.core.duplicates import belongs, differ, same_paper, title_keys
from newsletter.core.identity import identities
from newsletter.core.merge import merge
from newsletter.core.model import Entry

__all__ = ["take_in"]

_FIRST = datetime.min.replace(tzinfo=UTC)


async def take_in(connection: Connection, told: Sequence[Entry], now: datetime, unknown: set[str]) -> None:
    """Keep some hundreds of entries, several of which may be one paper. `unknown` collects the ids of the
    papers that were not known before this transaction."""
    intake = _Intake(Shelf(connection, now), now, unknown)
    await intake.look_up(told)
    for entry in told:
        await intake.take(entry)
    await intake.shelf.write()


class _Intake:
    def __init__(self, shelf: Shelf, now: datetime, unknown: set[str]) -> None:
        self.shelf = shelf
        self._now = now
        self._unknown = unknown

    async def look_up(self, told: Sequence[Entry]) -> None:
        """Fetch every known entry that one of these may be."""
        await self.shelf.fetch_by_identity({key for entry in told for key in identities(entry)})
        unknown = [entry for entry in told if not self._by_identity(entry)]
        await self.shelf.fetch_by_title({key for entry in unknown for key in title_keys(entry)})

    async def take(self, told: Entry) -> None:
        """Add it, or merge it into what it is."""
        found = self._by_identity(told) or self._by_title(told)
        if not found:
            self._add(told)
            return
        known, *others = found
        for other in others:
            known = await self._unite(known, other)
        merged = merge(known, told)
        self.shelf.change(known, merged)
        self.shelf.own(merged.id, identities(told))
        if told.title != known.title or merged.authors != known.authors:
            self.shelf.file(merged.id, (*title_keys(told), *title_keys(merged)))

    def _by_identity(self, told: Entry) -> list[Entry]:
        """Those that share an identity with it and may be one paper with it and each other, oldest first."""
        owners = self.shelf.owners(identities(told))
        found = {known.id: known for key, known in owners if belongs(key, known, told)}
        ordered = sorted(found.values(), key=_age)
        return [known for known in ordered if not differ(known, ordered[0])]

    def _by_title(self, told: Entry) -> list[Entry]:
        """The oldest that is the same paper by its title, if there is one."""
        ordered = sorted(self.shelf.titled(title_keys(told)), key=_age)
        return [known for known in ordered if same_paper(known, told)][:1]

    def _add(self, told: Entry) -> None:
        self._unknown.add(told.id)
        self.shelf.add(replace(told, first_seen=told.first_seen or self._now))
        self.shelf.file(told.id, title_keys(told))

    async def _unite(self, known: Entry, other: Entry) -> Entry:
        """Two have turned out to be one paper: the older one stays."""
        await self.shelf.unite(known, other)
        self._unknown.discard(other.id)
        merged = merge(known, other)
        self.shelf.change(known, merged)
        return merged


def _age(entry: Entry) -> tuple[datetime, str]:
    return entry.first_seen or _FIRST, entry.id
