"""Several newsletters that send through one mail server: one delivery after the other."""

import asyncio
from pathlib import Path

import pytest
from support.newsroom import newsroom, publish
from support.smtp import scripted_server

from newsletter import scheduler as scheduling
from newsletter.core.model import DeliveryState
from newsletter.scheduler import Scheduler


async def test_who_does_not_have_the_turn_does_not_send(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for a while, and not for ever, since its own next slot must not wait; it sends at a later
    waking, and leaves the turn to the next one."""
    monkeypatch.setattr(scheduling, "_PATIENCE", 0.01)
    async with scripted_server() as server, newsroom(tmp_path, port=server.port, readers=2) as app:
        published = await publish(app)
        turn = asyncio.Lock()
        scheduler = Scheduler(app, turn)
        async with turn:
            await scheduler.wake()
        assert (await app.outbox.accounting(published.id))[DeliveryState.PENDING] == 2
        await scheduler.wake()
        assert (await app.outbox.accounting(published.id))[DeliveryState.ACCEPTED] == 2
        assert not turn.locked()
