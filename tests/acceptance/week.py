"""Eight days of one newsletter: the real command, once a morning and at a time that is told to it, against a
source on the web and a mail server. One day is a holiday, one has no papers, on one the source is down, and
one send is killed in the middle and started again.

    python tests/acceptance/week.py [--data FILE] [--readers 40] [--mail]

FILE as for replay.py, with the days from 2025-12-22; without it the papers are made up. Prints as JSON how
each day ended, and the subjects of what the operator was told; with --mail the whole texts as well. Ends with
1 where a reader has lost an edition or has one twice.
"""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from acceptance.replay import Days, made_up_days, read_days
from support.commands import COMMAND, newsletter
from support.smtp import ScriptedServer, scripted_server
from support.web import Asked, reply, web_server

__all__ = ["FIRST", "Day", "Week", "play"]

FIRST = date(2025, 12, 22)
HOLIDAY, EMPTY, DOWN, KILLED = (FIRST + timedelta(days=n) for n in (3, 5, 6, 2))
_OPERATOR = "operator@example.org"
_NOBODY = "gone@example.net"
_MORNING = time(8, 20)
"""UTC; the slot is at 9:00 in Berlin."""
_CONFIG = """
[newsletter]
id = "papers"
name = "Morning Papers"
from = "Morning Papers <papers@example.org>"
base_url = "https://papers.example.org"
secret_file = "newsletter.secret"

[schedule]
time = "09:00"
timezone = "Europe/Berlin"
holidays = ["12-25"]

[[sources]]
kind = "huggingface"
name = "daily papers"
url = "{source}"
days = 1

[edition]
max_entries = 60

[fetch]
allow_hosts = ["127.0.0.1"]

[smtp]
host = "127.0.0.1"
port = {smtp}
tls = "none"
connections = 1

[operator]
mail = ["{operator}"]
"""


@dataclass(frozen=True)
class Day:
    """How one of them ended."""

    day: str
    outcome: str
    reason: str
    edition: int | None
    papers: int
    copies: int
    """That the mail server took for readers."""
    told: tuple[str, ...]
    """The subjects of what the operator got on it."""
    texts: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class Week:
    """All of them."""

    days: tuple[Day, ...]
    readers: int
    lost: int
    """Copies of an edition that somebody should have and has not."""
    twice: int
    """Copies that somebody has more than once."""


class _World:
    """The source and the mail server, and the program between them."""

    def __init__(self, days: Days, folder: Path, server: ScriptedServer) -> None:
        self.days, self.folder, self.server = days, folder, server
        self.today = FIRST
        self.process: asyncio.subprocess.Process | None = None
        self.kill_after = 0

    def page(self, asked: Asked) -> bytes:
        """What the source answers."""
        if self.today == DOWN:
            return reply(b"down for maintenance", 503)
        day = date.fromisoformat(parse_qs(urlsplit(asked.path).query)["date"][0])
        papers = [] if self.today == EMPTY else self.days.get(day, [])
        return reply(json.dumps(papers).encode(), headers={"Content-Type": "application/json"})

    def take(self, recipient: str) -> str | None:
        """Everybody's mail, but for the address that nobody has; once the program does not outlive it."""
        if recipient == _NOBODY:
            return "550 5.1.1 no such user"
        if self.process and self.kill_after and self.copies >= self.kill_after:
            self.kill_after = 0
            self.process.send_signal(signal.SIGKILL)
        return None

    @property
    def copies(self) -> int:
        """For readers, so far."""
        return self.server.accepted.total() - self.server.accepted[_OPERATOR]

    async def run(self, *arguments: str) -> int:
        """The command, to its end. Answers its exit code."""
        self.process = await asyncio.create_subprocess_exec(
            *COMMAND,
            *arguments,
            cwd=self.folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        await self.process.communicate()
        return self.process.returncode or 0

    async def morning(self, day: date) -> Day:
        """Of one day, with what came of it."""
        self.today = day
        before, heard = self.copies, len(self.server.messages.get(_OPERATOR, []))
        now = datetime.combine(day, _MORNING, UTC)
        if day == KILLED:
            self.kill_after = before + 12
            killed = await self.run("run", "--now", now.isoformat())
            assert killed == -signal.SIGKILL, killed
            now += timedelta(minutes=5)
        await self.run("run", "--now", now.isoformat())
        told = self.server.messages.get(_OPERATOR, [])[heard:]
        return self._ended(day, await self._status(now), self.copies - before, told)

    async def _status(self, now: datetime) -> dict[str, Any]:
        ended = await asyncio.to_thread(
            newsletter, "status", "--json", "--now", now.isoformat(), cwd=self.folder
        )
        found: dict[str, Any] = json.loads(ended.stdout)
        return found

    def _ended(self, day: date, status: dict[str, Any], copies: int, told: Sequence[bytes]) -> Day:
        (slot,) = [slot for slot in status["slots"] if slot["slot"].startswith(day.isoformat())]
        mails = [message_from_bytes(data, policy=policy.default) for data in told]
        has_edition = slot["edition"] is not None
        return Day(
            day=f"{day:%a %Y-%m-%d}",
            outcome=slot["outcome"],
            reason=slot["reason"],
            edition=slot["edition"],
            papers=status["edition"]["entries"] if has_edition else 0,
            copies=copies,
            told=tuple(str(mail["Subject"]) for mail in mails),
            texts=tuple(_text(mail) for mail in mails),
        )


def _text(mail: Any) -> str:
    part = mail.get_body(("plain",))
    return str(part.get_content()) if part else ""


async def play(days: Days, folder: Path, readers: int = 40) -> Week:
    """From the first day to the last. The operator's mail server is the readers' own."""
    async with scripted_server() as server:
        world = _World(days, folder, server)
        server.on_rcpt = world.take
        async with web_server(world.page) as web:
            (folder / "newsletter.secret").write_text("0123456789abcdef" * 2)
            source = web.url("/api/daily_papers")
            config = _CONFIG.format(source=source, smtp=server.port, operator=_OPERATOR)
            (folder / "newsletter.toml").write_text(config)
            addresses = [*(f"reader{n:02}@example.net" for n in range(readers)), _NOBODY]
            (folder / "list.csv").write_text("\n".join(["email", *addresses]) + "\n")
            started = datetime.combine(FIRST - timedelta(days=1), _MORNING, UTC).isoformat()
            assert await world.run("subscribers", "import", "list.csv", "--now", started) == 0
            played = [await world.morning(FIRST + timedelta(days=n)) for n in range(8)]
    return _accounted(played, server, readers)


def _accounted(played: Sequence[Day], server: ScriptedServer, readers: int) -> Week:
    editions = sum(day.edition is not None for day in played)
    lost = twice = 0
    for n in range(readers):
        messages = server.messages.get(f"reader{n:02}@example.net", [])
        got = Counter(message_from_bytes(data)["Message-ID"] for data in messages)
        lost += editions - len(got)
        twice += got.total() - len(got)
    return Week(tuple(played), readers, lost, twice)


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path)
    parser.add_argument("--readers", type=int, default=40)
    parser.add_argument("--mail", action="store_true")
    arguments = parser.parse_args()
    days = read_days(arguments.data) if arguments.data else made_up_days(8, 12, FIRST)
    with tempfile.TemporaryDirectory() as folder:
        week = asyncio.run(play(days, Path(folder), arguments.readers))
    for day in week.days:
        sys.stdout.write(json.dumps(_shown(day), ensure_ascii=False) + "\n")
        for text in day.texts if arguments.mail else ():
            sys.stdout.write(text + "\n")
    sys.stdout.write(json.dumps({"readers": week.readers, "lost": week.lost, "twice": week.twice}) + "\n")
    # A copy that was on its way when the program was killed may be there twice, with the same Message-ID.
    sys.exit(week.lost > 0 or week.twice > 3)


def _shown(day: Day) -> dict[str, Any]:
    return {name: value for name, value in vars(day).items() if name != "texts"}


if __name__ == "__main__":
    main()
