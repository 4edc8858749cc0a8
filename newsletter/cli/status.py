"""status: what happened, what is under way and what comes next, at a glance."""

from typing import TYPE_CHECKING

from newsletter.bootstrap import App, open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, command_for_each
from newsletter.cli.output import edition_json, failures_json, outbox_json, print_json
from newsletter.core.rhythm import Frequency
from newsletter.core.series import edition_name
from newsletter.core.slots import SlotOutcome
from newsletter.ports import PublishedEdition, SourceState

if TYPE_CHECKING:
    from newsletter.cli.standing import Standing
    from newsletter.ports.insight import InFlight

__all__ = ["status"]


@command_for_each
async def status(config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False) -> None:
    """What happened and what comes next.

    The last slots with their outcomes, what is on its way and how fast, what failed and why,
    sources that cannot be read, the next slots.
    """
    # Loaded where they are needed: they bring the classifying of failures with them.
    from newsletter.cli.glance import show
    from newsletter.cli.standing import look

    async with open_app(config, now) as app:
        standing = await look(app)
        if json:
            print_json(await _to_json(app, standing))
        else:
            await show(app, standing)


async def _to_json(app: App, standing: "Standing") -> dict[str, object]:
    newest = await app.editions.newest(app.newsletter.id)
    return {
        "newsletter": standing.name,
        "now": standing.now.isoformat(),
        "next_slot": standing.upcoming[Frequency.DAILY].isoformat(),
        "next_slots": {often.value: slot.isoformat() for often, slot in standing.upcoming.items()},
        "slots": [_slot_json(outcome) for outcome in standing.slots[Frequency.DAILY]],
        "weekly_slots": [_slot_json(outcome) for outcome in standing.slots[Frequency.WEEKLY]],
        "edition": edition_json(newest.edition) if newest else None,
        "outbox": outbox_json(await app.outbox.accounting(newest.id)) if newest else None,
        "in_flight": [_flight_json(edition) for edition in standing.in_flight],
        "rates": _rates_json(standing),
        "failures": {"editions": list(standing.failed), **failures_json(standing.failures)},
        "paused": [_held_json(held) for held in standing.paused],
        "subscribers": standing.people,
        "letters": standing.letters,
        "workers": list(standing.workers),
        "sources": [_source_json(source) for source in standing.sources],
    }


def _flight_json(edition: "InFlight") -> dict[str, object]:
    return {
        "name": edition.name,
        "paused": edition.paused,
        "planned": edition.planned,
        "due": edition.due,
        "waiting": edition.waiting,
        "deferred": edition.deferred,
        "sending": edition.sending,
        "next_attempt": edition.next_attempt.isoformat() if edition.next_attempt else None,
    }


def _rates_json(standing: "Standing") -> dict[str, object]:
    left = standing.time_left
    return {
        "per_minute": round(standing.rate, 1),
        "seconds_left": round(left.total_seconds()) if left is not None else None,
        "minutes": [
            {"at": minute.at.isoformat(), "accepted": minute.accepted} for minute in standing.minutes
        ],
    }


def _held_json(held: PublishedEdition) -> dict[str, object]:
    return {"number": held.edition.number, "name": edition_name(held.edition), "reason": held.paused}


def _source_json(source: SourceState) -> dict[str, object]:
    return {
        "name": source.name,
        "checked": source.checked.isoformat(),
        "succeeded": source.succeeded.isoformat() if source.succeeded else None,
        "error": source.error,
    }


def _slot_json(outcome: SlotOutcome) -> dict[str, object]:
    return {
        "slot": outcome.slot.isoformat(),
        "outcome": outcome.outcome,
        "reason": outcome.reason,
        "edition": outcome.edition,
    }
