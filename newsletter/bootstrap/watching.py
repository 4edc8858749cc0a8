"""Who is told how things stand, and by which way, as the configuration has it."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from newsletter.core.rhythm import Frequency
from newsletter.core.series import series_of
from newsletter.core.slots import next_slot
from newsletter.ports import Caller
from newsletter.services.heartbeat import Channel, Heartbeat, MailChannel, WebChannel
from newsletter.services.pulse import Pulse
from newsletter.services.standstill import standing_still
from newsletter.services.watch import Watch

if TYPE_CHECKING:
    from newsletter.bootstrap import App

__all__ = ["make_heartbeat", "make_pulse", "make_watch"]

_STANDSTILL = timedelta(minutes=15)
"""A mail server has ten minutes for its answer to a message."""


class _Caller:
    """`ports.Caller` that brings the network with it when it is first used: most runs call nobody."""

    def __init__(self, contact: str) -> None:
        self._contact = contact

    async def call(self, url: str, data: Mapping[str, object] | None = None) -> None:
        """See `ports.Caller`."""
        from newsletter.adapters.http import HttpCaller

        await HttpCaller(self._contact).call(url, data)


def make_watch(app: "App") -> Watch:
    """Who knows whether all is well."""
    stuck = partial(standing_still, app.outbox, app.allowance)
    return Watch(_series(app), app.tellings, app.pulses, app.jobs, stuck)


def make_heartbeat(app: "App") -> Heartbeat:
    """Who tells the operator."""
    return Heartbeat(
        newsletter=app.newsletter.id,
        series=_series(app),
        tellings=app.tellings,
        editions=app.editions,
        outbox=app.outbox,
        memory=app.memory,
        channels=tuple(_channels(app)),
        upcoming=partial(next_slot, app.schedule),
        stuck=partial(standing_still, app.outbox, app.allowance),
    )


def make_pulse(app: "App") -> Pulse:
    """The signs of life of a scheduler."""
    table = app.settings.operator
    limit = _STANDSTILL + app.settings.fetch.total_timeout
    return Pulse(app.pulses, app.clock, _caller(app), table.alive_url, table.alive_every, limit)


def _series(app: "App") -> list[str]:
    return [series_of(app.newsletter.id, frequency) for frequency in Frequency]


def _channels(app: "App") -> Iterator[Channel]:
    table = app.settings.operator
    if table.slot_url or table.trouble_url:
        yield WebChannel(_caller(app), table.slot_url, table.trouble_url)
    if post := app.operator_post:
        yield MailChannel(post, trouble_only=table.tell == "trouble")


def _caller(app: "App") -> Caller:
    return _Caller(app.settings.fetch.contact or app.newsletter.base_url)
