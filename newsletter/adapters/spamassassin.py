"""SpamAssassin, where it is installed, on one message and without the net."""

import asyncio
import email
import os
import re
import shutil
from contextlib import suppress
from math import isfinite

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
    options = [f"--cf={line}" for line in _ADDED]
    try:
        process = await asyncio.create_subprocess_exec(
            program, "-L", "-t", "-x", *options,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
    except OSError:
        return None
    try:
        output, _ = await asyncio.wait_for(process.communicate(message), _TIMEOUT)
    except TimeoutError:
        return None
    finally:
        with suppress(ProcessLookupError):
            process.kill()
            await process.wait()
    return read_verdict(output)


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
