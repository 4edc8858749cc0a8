"""What the hooks of all providers have in common."""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any, Protocol

from starlette.exceptions import HTTPException

from newsletter.core.feedback import Feedback

__all__ = ["Hook", "parsed", "require", "require_fresh"]

_OLDEST = timedelta(days=1)
"""So long providers try again what we could not take; what comes later was not sent by them."""
_EARLY = timedelta(minutes=10)
"""By which the clocks may differ."""


class Hook(Protocol):
    """Checks who says something, and reads what."""

    def heard(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> AbstractAsyncContextManager[Sequence[Feedback]]:
        """What is said in this request. Left without an error, it has been recorded. Raises HTTPException."""


def parsed(body: bytes) -> Any:
    """The JSON of a request, else 400."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400) from error


def require(condition: object) -> None:
    """Else 403: whoever it is, it is not the provider."""
    if not condition:
        raise HTTPException(403)


def require_fresh(at: datetime | None, now: datetime) -> None:
    """Else 403: it may have been overheard long ago."""
    require(at is not None and now - _OLDEST <= at <= now + _EARLY)
