"""Tests that run twice: as they are, and with something broken that they have to notice."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from newsletter.errors import NewsletterError

__all__ = ["Check", "Checks", "Patch"]

Check = Callable[..., Awaitable[None]]
Patch = tuple[Any, str, Any]
"""What has an attribute, the attribute's name, and what breaks it."""


class Checks(dict[str, Check]):
    """By their names."""

    def add(self, check: Check) -> Check:
        """A decorator."""
        self[check.__name__] = check
        return check

    async def run(self, name: str, *given: object) -> None:
        """As it is."""
        async with asyncio.timeout(30):
            await self[name](*given)

    async def notice(self, name: str, *given: object, endless: bool) -> None:
        """It fails, now that something is broken: by a wrong result, by an error, or by not coming to an end
        in the time that it has. Where no end is all there can be, it is not waited for so long."""
        noticed = (AssertionError, pytest.fail.Exception, NewsletterError, TimeoutError)
        with pytest.raises(noticed):
            async with asyncio.timeout(3 if endless else 30):
                await self[name](*given)
