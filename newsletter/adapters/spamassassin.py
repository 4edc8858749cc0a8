"""SpamAssassin, where it is installed, on one message and without the net."""

import asyncio
import email
import os
import re
import shutil
from contextlib import suppress
from math import isfinite
from tempfile import TemporaryDirectory

from newsletter.render.check.specimen import SpamVerdict

__all__ = ["judge"]

_TIMEOUT = 60
"""Seconds."""
_ADDED = ("add_header all Points _SCORE_", "add_header all Marks _TESTSSCORES(,)_")
"""Header fields to read the answer from: the report itself is set for people, in their language."""
_RULE = re.compile(r"([A-Z][A-Z0-9_]*)=(-?\d+(?:\.\d+)?)")


async def judge(message: bytes) -> SpamVerdict | None:
    """What `spamassassin -L -t` says of the message; None where there is none, or it gives no answer."""
    program = shutil.which("spamassassin")
    if program is None:
        return None
    # Settings and habits of the user's own must not count, nor may it leave anything there.
    with TemporaryDirectory() as home:
        try:
            return read_verdict(await _answer(program, message, {**os.environ, "HOME": home, "LC_ALL": "C"}))
        except (OSError, TimeoutError):
            return None


async def _answer(program: str, message: bytes, environment: dict[str, str]) -> bytes:
    process = await asyncio.create_subprocess_exec(
        program,
        *("-L", "-t", *(f"--cf={line}" for line in _ADDED)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(message), _TIMEOUT)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
            await process.wait()
    return output


def read_verdict(output: bytes) -> SpamVerdict | None:
    """The score and the rules in the header that SpamAssassin wrote; None where there are none."""
    answer = email.message_from_bytes(output)
    try:
        score = float(str(answer.get("X-Spam-Points", "")))
    except ValueError:
        return None
    rules = _RULE.findall(str(answer.get("X-Spam-Marks", "")))
    return (
        SpamVerdict(score, tuple((name, float(points)) for name, points in rules))
        if isfinite(score)
        else None
    )
