"""status: what happened, what is under way and what comes next."""

from newsletter.bootstrap import open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, command_for_each
from newsletter.cli.output import edition_json, held_lines, outbox_json, print_json, print_lines, when
from newsletter.cli.work import letters_line, standing_lines
from newsletter.core.series import edition_name, weekly_of
from newsletter.core.slots import SlotOutcome, local_time, next_slot
from newsletter.ports import PublishedEdition, SourceState

__all__ = ["status"]

_SHOWN = 7


@command_for_each
async def status(config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False) -> None:
    """What happened and what comes next.

    The last slots with their outcomes, the newest edition and how its copies stand, the next slot.
    """
    async with open_app(config, now) as app:
        instant = app.clock.now()
        outcomes = await app.slots.outcomes(app.newsletter.id)
        weeks = await app.slots.outcomes(weekly_of(app.newsletter.id))
        newest = await app.editions.newest(app.newsletter.id)
        weekly = await app.editions.newest(weekly_of(app.newsletter.id))
        shown = [found for found in (newest, weekly) if found]
        paused = [
            *await app.editions.paused(app.newsletter.id),
            *await app.editions.paused(weekly_of(app.newsletter.id)),
        ]
        people = await app.subscribers.counts()
        sources = await app.memory.states()
        upcoming = next_slot(app.schedule, instant)
        if json:
            print_json(
                {
                    "newsletter": app.newsletter.name,
                    "now": local_time(instant, app.schedule.zone).isoformat(),
                    "next_slot": upcoming.isoformat(),
                    "slots": [_slot_json(outcome) for outcome in outcomes],
                    "weekly_slots": [_slot_json(outcome) for outcome in weeks],
                    "edition": edition_json(newest.edition) if newest else None,
                    "outbox": outbox_json(await app.outbox.accounting(newest.id)) if newest else None,
                    "paused": [_held_json(held) for held in paused],
                    "subscribers": people,
                    "letters": await app.letterbox.waiting(),
                    "sources": [_source_json(source) for source in sources],
                }
            )
            return
        print_lines([app.newsletter.name, f"Next slot    {when(upcoming)}"])
        print_lines(["Subscribers  " + (", ".join(f"{n} {name}" for name, n in people.items()) or "none")])
        print_lines(await letters_line(app))
        print_lines(f"Source       {source.name}: {source.error}" for source in sources if source.error)
        print_lines(["Slots        " + ("" if outcomes else "none yet")])
        print_lines(f"  {_slot_line(outcome)}" for outcome in outcomes[:_SHOWN])
        print_lines(["Weekly slots"] if weeks else [])
        print_lines(f"  {_slot_line(outcome, 'w')}" for outcome in weeks[:_SHOWN])
        print_lines(await standing_lines(app, shown))
        for held in (found for found in paused if found.id not in {edition.id for edition in shown}):
            print_lines(held_lines(held, await app.outbox.accounting(held.id)))


def _held_json(held: PublishedEdition) -> dict[str, object]:
    return {"number": held.edition.number, "name": edition_name(held.edition), "reason": held.paused}


def _source_json(source: SourceState) -> dict[str, object]:
    return {
        "name": source.name,
        "checked": source.checked.isoformat(),
        "succeeded": source.succeeded.isoformat() if source.succeeded else None,
        "error": source.error,
    }


def _slot_line(outcome: SlotOutcome, series: str = "") -> str:
    detail = f"edition {series}{outcome.edition}" if outcome.edition else outcome.reason
    return f"{when(outcome.slot)}  {outcome.outcome}: {detail}"


def _slot_json(outcome: SlotOutcome) -> dict[str, object]:
    return {
        "slot": outcome.slot.isoformat(),
        "outcome": outcome.outcome,
        "reason": outcome.reason,
        "edition": outcome.edition,
    }
