"""Makes status.svg, why.svg and edition.svg anew: what an operator sees in the terminal.

    .venv/bin/python docs/images/terminal.py [DIR]

The commands are real, run in a folder of its own with a week of history: failures, a day on which nothing
ran, a source that cannot be read. The server that they speak to refuses some on purpose.
"""

import asyncio
import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.newsroom import write_config  # noqa: E402
from support.room import paper  # noqa: E402
from support.smtp import scripted_server  # noqa: E402

NEWSLETTER = (sys.executable, "-m", "newsletter")
WIDTH = 84
NOW = "2026-03-11T07:33:00+00:00"
TABLES = """
[schedule]
time = "07:30"
days = ["mon", "tue", "wed", "thu", "fri"]
weekly = "fri"

[edition]
max_age_days = 30

[[sources]]
kind = "file"
name = "Page"
path = "page.jsonl"

[[sources]]
kind = "file"
name = "Lab"
path = "lab.jsonl"
"""
DOMAINS = ("example.org", "example.com", "example.net", "mail.example", "lab.example", "firm.example")
REFUSALS = {
    "gone": "550 5.1.1 The email account that you tried to reach does not exist",
    "strict": "550 5.7.1 Message rejected due to local policy",
}
"""By how an address begins."""
FULL = "452 4.2.2 The recipient's inbox is out of storage space"
THROTTLED = "450 4.7.0 Too many messages from your address, slow down"
TROUBLED: list[int] = []
"""The days on which a domain has enough after a while, and some mailboxes are full."""
PICTURES = {
    "status": ("status",),
    "why": ("why", "wim@example.net"),
    "edition": ("editions", "show", "3"),
}


def main(folder: Path = HERE) -> None:
    """All of them, into this folder."""
    with TemporaryDirectory() as work, refusing() as port:
        live(Path(work), port)
        for name, command in PICTURES.items():
            said = run(Path(work), *command, "--now", NOW, colours=True)
            # Of an edition the entries are left out: they are in every other picture.
            said = said[max(said.find("\x1b[1mCopies"), 0) :]
            picture = draw(f"newsletter {' '.join(command)}", said)
            (folder / f"{name}.svg").write_text(picture, encoding="utf-8")


def live(folder: Path, port: int) -> None:
    """A week of it."""
    write_config(folder, port, connections=1, more=TABLES)
    (folder / "people.csv").write_text(people())
    say(folder, 1, "subscribers", "import", "people.csv", day=4)
    for day, papers in ((5, 12), (6, 24)):
        page(folder, papers)
        (folder / "lab.jsonl").write_text(paper(900 + day))
        say(folder, 31, "run", day=day)
        run(folder, "send", "--now", f"2026-03-{day:02d}T20:01:00+00:00")
    say(folder, 40, "subscribers", "remove", "zoe@example.org", day=6)
    (folder / "lab.jsonl").unlink()
    say(folder, 31, "run", day=9, code=1)
    say(folder, 10, "subscribers", "import", "weekly.csv", day=10)
    page(folder, 40)
    TROUBLED.append(11)
    say(folder, 31, "run", day=11)


def people() -> str:
    """A list with all kinds of readers."""
    rows = ["email,name,hour,weekdays,frequency"]
    rows += ["ada@example.org,Ada Lovelace,20,,", "zoe@example.org,Zoe,,,", "wim@example.net,Wim,18,mon fri,"]
    for number in range(236):
        domain = DOMAINS[number % len(DOMAINS)]
        begin = "gone" if number % 67 == 3 else "full" if number % 41 == 5 else "reader"
        begin = "strict" if domain == "firm.example" and number % 48 == 5 else begin
        hour = "20" if number % 7 == 2 else ""
        rows.append(f"{begin}{number}@{domain},,{hour},,{'weekly' if number % 17 == 4 else ''}")
    return "\n".join(rows)


def page(folder: Path, papers: int) -> None:
    """What the source shows that day."""
    (folder / "page.jsonl").write_text("\n".join(map(paper, range(1, papers + 1))))
    (folder / "weekly.csv").write_text("email\nnew@example.org\n")


def say(folder: Path, minute: int, *command: str, day: int, code: int = 0) -> None:
    """A command of that day in March, shortly after seven."""
    run(folder, *command, "--now", f"2026-03-{day:02d}T07:{minute:02d}:00+00:00", code=code)


def run(folder: Path, *command: str, code: int = 0, colours: bool = False) -> str:
    """What it says. It must end with this exit code."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": str(WIDTH)}
    environment |= {"FORCE_COLOR": "1", "TERM": "xterm-256color"} if colours else {}
    ended = subprocess.run(
        [*NEWSLETTER, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode != code:
        raise SystemExit(f"{command} ended with {ended.returncode}: {ended.stdout}{ended.stderr}")
    return ended.stdout


@contextmanager
def refusing() -> Iterator[int]:
    """The port of a server that refuses some, and has enough of one domain after a while."""
    ready, done = threading.Event(), threading.Event()
    ports: list[int] = []

    def answer(recipient: str) -> str | None:
        refusal = next((text for begin, text in REFUSALS.items() if recipient.startswith(begin)), None)
        number = int(re.sub(r"\D", "", recipient) or 0)
        if TROUBLED and recipient.startswith("full"):
            return FULL
        if TROUBLED and recipient.endswith("@mail.example") and number > 130:
            return THROTTLED
        return refusal

    async def serve() -> None:
        async with scripted_server(on_rcpt=answer) as server:
            ports.append(server.port)
            ready.set()
            while not done.is_set():
                await asyncio.sleep(0.05)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        ready.wait(10)
        yield ports[0]
    finally:
        done.set()
        thread.join()


def draw(title: str, said: str) -> str:
    """As a window of a terminal, without anything that is fetched from elsewhere."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(f"$ {title}\n{said.rstrip()}"))
    svg = console.export_svg(title="newsletter", unique_id="newsletter")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
