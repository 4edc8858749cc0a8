"""The tables, for SQLite and PostgreSQL. Changes come as migrations; `REVISION` names the newest."""

from newsletter.adapters.stores.schema.base import metadata, spelt_out
from newsletter.adapters.stores.schema.people import (
    OPEN_LETTERS,
    bounces,
    clicks,
    clicks_by_reader,
    history,
    letters,
    subscribers,
)
from newsletter.adapters.stores.schema.reading import (
    entries,
    identities,
    signals,
    sources,
    titles,
    validators,
)
from newsletter.adapters.stores.schema.running import drafts, pulses, tellings
from newsletter.adapters.stores.schema.sending import (
    ATTEMPTED_ROWS,
    FAILED_ROWS,
    OPEN_ROWS,
    PAUSED,
    REJECTED_ROWS,
    editions,
    featured,
    in_state,
    outbox,
    paces,
    renderings,
    sends,
    slots,
)
from newsletter.adapters.stores.schema.sharing import DUE_BATCHES, batches, seats, throttles, workers

__all__ = [
    "ATTEMPTED_ROWS",
    "DUE_BATCHES",
    "FAILED_ROWS",
    "OPEN_LETTERS",
    "OPEN_ROWS",
    "PAUSED",
    "REJECTED_ROWS",
    "REVISION",
    "batches",
    "bounces",
    "clicks",
    "clicks_by_reader",
    "drafts",
    "editions",
    "entries",
    "featured",
    "history",
    "identities",
    "in_state",
    "letters",
    "metadata",
    "outbox",
    "paces",
    "pulses",
    "renderings",
    "seats",
    "sends",
    "signals",
    "slots",
    "sources",
    "spelt_out",
    "subscribers",
    "tellings",
    "throttles",
    "titles",
    "validators",
    "workers",
]

REVISION = "0009"
