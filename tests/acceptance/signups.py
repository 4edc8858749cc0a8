"""Posts for one victim from as many addresses as there are posts, against a real server and a real mailbox.

    .venv/bin/python tests/acceptance/signups.py --posts 10000

All limits but the one on the mailbox itself are taken away, so that every post is worked on. Ends with 1
where the victim got another number of mails than one. `test_signup.py` runs a short form of it.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections import Counter
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import httpx

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from support.commands import finish, mailbox, ready, started
from support.room import furnish

VICTIM = "victim@example.org"
_FIRST = int(IPv4Address("11.0.0.1"))
_FIRST_SUBNET = int(IPv6Address("2001:db8:1::7"))
_AT_ONCE = 50
NO_LIMITS = """
[signup]
per_domain_hour = 1000000
per_hour = 100000
"""


def flood(web: str, victim: str, posts: int) -> Counter[int]:
    """Each by a visitor of its own, every other one over IPv6; how often which status was answered."""
    return asyncio.run(_flood(web, victim, posts))


async def _flood(web: str, victim: str, posts: int) -> Counter[int]:
    answers: Counter[int] = Counter()
    numbers = iter(range(posts))

    async def post_on() -> None:
        for number in numbers:
            headers = {"X-Forwarded-For": _address(number)}
            answer = await client.post("/subscribe", data={"email": victim}, headers=headers)
            answers[answer.status_code] += 1

    # The server closes what is idle for five seconds, and a request must not meet that.
    limits = httpx.Limits(max_connections=_AT_ONCE, keepalive_expiry=1)
    async with httpx.AsyncClient(base_url=web, timeout=60, limits=limits) as client:
        await asyncio.gather(*(post_on() for _ in range(_AT_ONCE)))
    return answers


def _address(number: int) -> str:
    if number % 2:
        return str(IPv6Address(_FIRST_SUBNET + (number << 64)))
    return str(IPv4Address(_FIRST + number))


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--posts", type=int, default=10_000)
    posts = parser.parse_args().posts
    with tempfile.TemporaryDirectory() as folder, mailbox(Path(folder)) as inbox:
        room = furnish(Path(folder), inbox.port)
        with (room.folder / "newsletter.toml").open("a") as config:
            config.write(NO_LIMITS)
        with started("serve", "--now", "2026-03-11T06:00:00+00:00", "--json", cwd=room.folder) as process:
            begun = time.monotonic()
            try:
                answers = flood(ready(process)["web"], VICTIM, posts)
            finally:
                took = time.monotonic() - begun
                process.send_signal(signal.SIGTERM)
                ended = finish(process)
                sys.stderr.write(ended.stderr)
        mails = inbox.recipients.count(VICTIM)
    print(f"{posts} posts in {took:.0f} s, answered {dict(answers)}: {mails} mail(s)")  # noqa: T201
    return 0 if mails == 1 and answers == {200: posts} else 1


if __name__ == "__main__":
    sys.exit(main())
