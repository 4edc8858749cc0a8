"""Answers that may be kept. Whoever has one asks whether it still stands (RFC 9110, section 13), and each is
made once for all who ask."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Self

from starlette.requests import Request
from starlette.responses import Response

__all__ = ["Kept", "Shelf"]


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that is the same for everybody."""

    body: bytes
    media_type: str
    modified: datetime
    etag: str
    max_age: int
    """Seconds for which nobody need ask again."""

    @classmethod
    def of(cls, text: str, media_type: str, modified: datetime, max_age: int) -> Self:
        """Its validator is a digest of the text."""
        body = text.encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        return cls(body, media_type, modified.replace(microsecond=0), etag, max_age)

    def answer(self, request: Request) -> Response:
        """The whole, or 304 to whoever has it already."""
        headers = {
            "Cache-Control": f"public, max-age={self.max_age}",
            "ETag": self.etag,
            "Last-Modified": format_datetime(self.modified, usegmt=True),
        }
        if self._is_known(request):
            return Response(status_code=304, headers=headers)
        return Response(self.body, media_type=self.media_type, headers=headers)

    def _is_known(self, request: Request) -> bool:
        """The date counts only where no tags are sent."""
        tags = request.headers.getlist("if-none-match")
        if tags:
            known = {tag.strip().removeprefix("W/") for line in tags for tag in line.split(",")}
            return bool(known & {self.etag, "*"})
        try:
            since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
            return self.modified <= since
        except (ValueError, TypeError):  # no date, or one without a zone
            return False


class Shelf:
    """The answers last asked for, so many at most."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._making = asyncio.Lock()

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Kept]]) -> Kept:
        """The one of this key; made where it is not there, once for all who ask meanwhile."""
        if key not in self._kept:
            async with self._making:
                if key not in self._kept:
                    self._kept[key] = await make()
                    if len(self._kept) > self._size:
                        self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]
