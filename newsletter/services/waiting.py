"""The event loop's time, and waiting for a while or until something happens."""

import asyncio
import contextlib

__all__ = ["loop_time", "wait_for_event"]


def loop_time() -> float:
    """In seconds; only differences mean something."""
    return asyncio.get_running_loop().time()


async def wait_for_event(event: asyncio.Event, seconds: float) -> None:
    """Returns when it is set, and at the latest after so many seconds."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
