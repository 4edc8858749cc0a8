"""Clicks: which link of an edition was followed, and whether by a person or by a machine on its guard.

Mail is opened by more programs than people. Taken for a machine is

- who asks by HEAD, or says by its name that it is a program;
- who asks within seconds after the copy was sent, before a person can have read it;
- who follows several links of an edition within seconds: a scanner follows them all.

The last shows only after a while, so a click is judged some seconds after it came, by all that its client did
before and after it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from newsletter.core.model import Edition, Entry

__all__ = ["LINKS", "Click", "Judged", "Watch", "address_in", "addresses"]

LINKS = ("paper", "code", "project", "discussion", "search")
"""The kinds of links of an entry. Links of sent mail go by their place in here, so it only grows."""
BURST = timedelta(seconds=10)
"""After the sending, what comes so soon is a machine."""
SWEEP = timedelta(seconds=5)
SWEEP_LINKS = 4
"""So many different links of one edition within so long: nobody reads that fast."""
_MACHINES = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|scan|preview|prefetch|monitor|headless|phantom|puppeteer|playwright"
    r"|facebookexternalhit|whatsapp|telegram|skype|barracuda|mimecast|proofpoint|forcepoint|safelinks|symantec"
    r"|sophos|fireeye|trendmicro|cloudmark|zgrab|curl|wget|libwww|python|perl|ruby|java/|okhttp|axios|node-fetch"
    r"|go-http-client|httpclient|postman|apache-http|guzzle",
    re.IGNORECASE,
)
_BROWSER = "mozilla/"
"""How the name of every browser begins, and that of some programs."""


def addresses(entry: Entry) -> dict[str, str | None]:
    """Where each kind of link of this entry leads, as its source says."""
    return dict(
        zip(LINKS, (entry.url, entry.code, entry.project, entry.discussion, entry.search), strict=True)
    )


def address_in(edition: Edition, place: int, link: int) -> str | None:
    """Where this link of the entry with this rank leads, as its source says; None where there is none."""
    if link >= len(LINKS):
        return None
    items = (item for item in (*edition.featured, *edition.also) if item.rank == place)
    return next((addresses(item.entry)[LINKS[link]] for item in items), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """A link was asked for."""

    at: datetime
    edition: int
    """Its number in the store."""
    place: int
    """The entry's rank."""
    link: int
    """Of `LINKS`."""
    client: bytes
    """Who asked, in a form that says nothing to anybody else."""
    agent: str
    """What it calls itself."""
    sent: datetime
    """When the copy was sent, as far as is known."""
    head: bool = False
    reader: int | None = None
    """Whose copy it is in, where that is kept."""

    @property
    def alone(self) -> bool:
        """Whether this one by itself shows that it is a machine's."""
        name = self.agent.casefold()
        is_program = not name.startswith(_BROWSER) or _MACHINES.search(name) is not None
        return self.head or is_program or self.at < self.sent + BURST


class Judged(NamedTuple):
    """A click, and whose it was."""

    click: Click
    machine: bool


_What = tuple[int, int, bool, int | None]
"""Which link was followed how, and in whose copy."""


@dataclass(slots=True)
class _Held:
    click: Click
    judged: bool = False


class Watch:
    """The clicks of the last seconds, in bounded memory."""

    def __init__(self, room: int = 50_000) -> None:
        """`room` is how many are held at most; those beyond are judged by themselves alone."""
        self._room = room
        self._count = 0
        self._held: dict[tuple[bytes, int], dict[_What, _Held]] = {}
        """By client and edition, in the order in which they came."""
        self._ready: list[Judged] = []
        """Judged already."""

    def add(self, click: Click) -> None:
        """One more. The same link again by the same client is one click: browsers load a page twice."""
        key, what = (click.client, click.edition), (click.place, click.link, click.head, click.reader)
        known = self._held.get(key, {}).get(what)
        if known is not None:
            if click.at - known.click.at < 2 * SWEEP:
                return
            self._settle(key, click.at)
        if self._count < self._room:
            self._held.setdefault(key, {})[what] = _Held(click)
            self._count += 1
        elif len(self._ready) < self._room:
            self._ready.append(Judged(click, click.alone))

    def settled(self, now: datetime) -> list[Judged]:
        """Those of which enough is known by now; each once."""
        for key in list(self._held):
            self._settle(key, now)
        found, self._ready = self._ready, []
        return found

    def _settle(self, key: tuple[bytes, int], now: datetime) -> None:
        """Judge those that nothing can change any more, and forget those that change no other."""
        held = self._held.pop(key)
        self._ready += _judged(list(held.values()), now - SWEEP)
        kept = {what: one for what, one in held.items() if one.click.at > now - 2 * SWEEP}
        self._count -= len(held) - len(kept)
        if kept:
            self._held[key] = kept

    def close(self) -> list[Judged]:
        """All that are left, by what is known of them."""
        return self.settled(datetime.max.replace(tzinfo=UTC))


def _judged(held: Sequence[_Held], until: datetime) -> Iterator[Judged]:
    due = [at for at, one in enumerate(held) if not one.judged and one.click.at <= until]
    swept = _swept([one.click for one in held]) if due else ()
    for at in due:
        held[at].judged = True
        yield Judged(held[at].click, held[at].click.alone or at in swept)


def _swept(clicks: Sequence[Click]) -> set[int]:
    """Which of these, in the order of their times, are among many links within a few seconds."""
    found: set[int] = set()
    within: Counter[tuple[int, int]] = Counter()
    start = marked = 0
    for end, click in enumerate(clicks):
        within[click.place, click.link] += 1
        while click.at - clicks[start].at > SWEEP:
            first = clicks[start]
            within[first.place, first.link] -= 1
            if not within[first.place, first.link]:
                del within[first.place, first.link]
            start += 1
        if len(within) >= SWEEP_LINKS:
            marked = max(marked, start)
            found.update(range(marked, end + 1))
            marked = end + 1
    return found
