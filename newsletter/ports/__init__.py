"""What the services ask of the outside world: small protocols, each named for what its user needs.

Adapters implement them, `bootstrap` chooses the adapter. One contract suite runs over every adapter of
a kind (`tests/contract`).
"""

from newsletter.ports.approval import Drafts, WaitingEdition
from newsletter.ports.bounces import (
    Bounce,
    Bounces,
    Fate,
    Intake,
    Quarantine,
    Rejection,
    SentCopy,
    Take,
    TakenBounce,
)
from newsletter.ports.clicks import Clicks, Followed, LinkClicks, LinkName, Tally
from newsletter.ports.letters import ClaimedLetter, Letters, Signups
from newsletter.ports.people import Erased, Imported, Subscribers
from newsletter.ports.publishing import Editions, Headline, Planning, PublishedEdition, Rendering, Slots
from newsletter.ports.reading import (
    Entries,
    Fetched,
    Fetcher,
    Page,
    Source,
    SourceMemory,
    SourceState,
    Validator,
)
from newsletter.ports.roster import Changes, Roster
from newsletter.ports.sending import (
    DueCopy,
    Envelope,
    Failure,
    Feed,
    Message,
    Outbox,
    Paces,
    Session,
    Signer,
    Transport,
)
from newsletter.ports.sharing import Seats, Throttle
from newsletter.ports.time import Clock
from newsletter.ports.watching import Caller, EndedSlot, Pulses, Tellings

__all__ = [
    "Bounce",
    "Bounces",
    "Caller",
    "Changes",
    "ClaimedLetter",
    "Clicks",
    "Clock",
    "Drafts",
    "DueCopy",
    "Editions",
    "EndedSlot",
    "Entries",
    "Envelope",
    "Erased",
    "Failure",
    "Fate",
    "Feed",
    "Fetched",
    "Fetcher",
    "Followed",
    "Headline",
    "Imported",
    "Intake",
    "Letters",
    "LinkClicks",
    "LinkName",
    "Message",
    "Outbox",
    "Paces",
    "Page",
    "Planning",
    "PublishedEdition",
    "Pulses",
    "Quarantine",
    "Rejection",
    "Rendering",
    "Roster",
    "Seats",
    "SentCopy",
    "Session",
    "Signer",
    "Signups",
    "Slots",
    "Source",
    "SourceMemory",
    "SourceState",
    "Subscribers",
    "Take",
    "TakenBounce",
    "Tally",
    "Tellings",
    "Throttle",
    "Transport",
    "Validator",
    "WaitingEdition",
]
