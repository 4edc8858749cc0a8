"""What Prometheus is told. Each scrape reads the store; nothing is counted in memory, so that a restart loses
nothing, and every command that sends is counted, not only `serve`.

Series, sources, statuses and states are few; of editions only those with copies under way and the newest of
each series are told apart.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.requests import Request
from starlette.responses import Response

from newsletter.bootstrap import App
from newsletter.core.model import DeliveryState, SubscriberStatus
from newsletter.core.series import name_in, weekly_of
from newsletter.core.slots import Outcome, SlotOutcome, next_slot
from newsletter.ports import SourceState
from newsletter.ports.insight import EditionCounts, InFlight, Pulse
from newsletter.web.dashboard.access import PRIVATE

__all__ = ["MetricsPage", "Reading", "families", "take_reading"]

Labels = TypeVar("Labels", bound=tuple[str, ...])

_EDITIONS = 8
"""So many at most are told apart."""


@dataclass(frozen=True)
class Reading:
    """How things stood at one moment."""

    version: str
    slots: dict[str, tuple[SlotOutcome, ...]]
    """By series: "daily", "weekly"; the newest first."""
    next_slot: datetime
    editions: tuple[EditionCounts, ...]
    flights: tuple[InFlight, ...]
    letters: int
    subscribers: dict[SubscriberStatus, int]
    sources: tuple[SourceState, ...]
    pulses: tuple[Pulse, ...]
    drafts: int


async def take_reading(app: App) -> Reading:
    """From the store, now."""
    daily, weekly = app.newsletter.id, weekly_of(app.newsletter.id)
    now = app.clock.now()
    newest = [await app.insight.editions([series], newest=1) for series in (daily, weekly)]
    return Reading(
        version=version("newsletter"),
        slots={
            "daily": await app.slots.outcomes(daily),
            "weekly": await app.slots.outcomes(weekly),
        },
        next_slot=next_slot(app.schedule, now),
        editions=tuple(edition for found in newest for edition in found),
        flights=tuple(
            flight for flight in await app.insight.in_flight(now) if flight.series in (daily, weekly)
        ),
        letters=await app.letterbox.waiting(),
        subscribers=await app.subscribers.counts(),
        sources=await app.memory.states(),
        pulses=await app.insight.pulses(),
        drafts=len(await app.insight.drafts([daily, weekly])),
    )


class MetricsPage:
    """Answers `/metrics`."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def show(self, request: Request) -> Response:
        """In the text format of Prometheus."""
        registry = CollectorRegistry()
        registry.register(_Told(await take_reading(self._app)))
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST, headers=PRIVATE)


class _Told:
    """A collector of one reading: asking the store takes an event loop, which a collector has not."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def collect(self) -> Iterable[Metric]:
        return families(self._reading)


def families(reading: Reading) -> Iterator[Metric]:
    """All metrics with their samples."""
    yield _gauge("build_info", "The version that runs; always 1.", ("version",), {(reading.version,): 1})
    yield from _slots(reading)
    yield from _copies(reading)
    yield _gauge("letters_waiting", "Confirmations and other letters to be sent.", (), {(): reading.letters})
    yield _gauge("drafts_waiting", "Editions that wait for a person's word.", (), {(): reading.drafts})
    yield _gauge(
        "subscribers",
        "People by what they have agreed to.",
        ("status",),
        {(status.value,): reading.subscribers.get(status, 0) for status in SubscriberStatus},
    )
    yield from _sources(reading.sources)
    yield _gauge(
        "last_pulse_timestamp_seconds",
        "When each part of the program last gave a sign of life.",
        ("part",),
        {(pulse.name,): pulse.at.timestamp() for pulse in reading.pulses},
    )


def _slots(reading: Reading) -> Iterator[Metric]:
    total = CounterMetricFamily(
        "newsletter_slots", "Slots that have ended, by how they did.", labels=("series", "outcome")
    )
    for series, outcomes in reading.slots.items():
        counts = Counter(ended.outcome for ended in outcomes)
        for outcome in Outcome:
            total.add_metric((series, outcome.value), counts[outcome])
    yield total
    last = {(series,): found[0].slot.timestamp() for series, found in reading.slots.items() if found}
    yield _gauge("last_slot_timestamp_seconds", "The newest slot that has ended.", ("series",), last)
    sent = {
        (series,): ended[0].timestamp()
        for series, found in reading.slots.items()
        if (ended := [one.slot for one in found if one.outcome is Outcome.SENT])
    }
    yield _gauge("last_sent_timestamp_seconds", "The newest slot with an edition.", ("series",), sent)
    upcoming = {(): reading.next_slot.timestamp()}
    yield _gauge("next_slot_timestamp_seconds", "When the next edition is due.", (), upcoming)


def _copies(reading: Reading) -> Iterator[Metric]:
    rows: dict[tuple[str, ...], float] = {}
    for edition in reading.editions:
        for state in DeliveryState:
            rows[edition.name, state.value] = edition.accounting[state]
    yield _gauge(
        "outbox_rows", "Copies of the newest edition of each series, by state.", ("edition", "state"), rows
    )
    flights = reading.flights[-_EDITIONS:]
    yield _gauge("copies_due", "Copies to be sent now.", (), {(): sum(flight.due for flight in flights)})
    yield _gauge(
        "copies_open",
        "Copies under way, by edition and by what they wait for.",
        ("edition", "waits"),
        {
            (name_in(flight.series, flight.number), waits): count
            for flight in flights
            for waits, count in (
                ("due", flight.due),
                ("hour", flight.waiting),
                ("deferred", flight.deferred),
                ("sending", flight.sending),
            )
        },
    )
    paused = {(): sum(flight.paused is not None for flight in flights)}
    yield _gauge("editions_paused", "Editions of which no copy is sent for now.", (), paused)


def _sources(sources: Iterable[SourceState]) -> Iterator[Metric]:
    found = list(sources)
    up = {(source.name,): float(source.error is None) for source in found}
    yield _gauge("source_up", "Whether a source could be read when last asked.", ("source",), up)
    succeeded = {(s.name,): s.succeeded.timestamp() for s in found if s.succeeded}
    yield _gauge(
        "source_last_success_timestamp_seconds",
        "When a source could last be read.",
        ("source",),
        succeeded,
    )


def _gauge(
    name: str, text: str, labels: tuple[str, ...], samples: Mapping[Labels, float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"newsletter_{name}", text, labels=labels)
    for values, number in samples.items():
        family.add_metric(values, number)
    return family
