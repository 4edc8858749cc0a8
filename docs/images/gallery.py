"""Makes the pictures of docs/gallery.md anew, into docs/images/gallery, and that of docs/approval.md.

    .venv/bin/python docs/images/gallery.py

It needs Chromium and `make judges`; with pngquant the files become much smaller.
"""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests")]

from make import Picture, make, quantise  # noqa: E402
from support import emails  # noqa: E402

from newsletter.bootstrap import open_app  # noqa: E402
from newsletter.services.approval import link_token  # noqa: E402

PHONE, DESK = 375, 700
"""Widths in CSS pixels."""
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--hide-scrollbars"),
    "--virtual-time-budget=3000",
)
NEWSLETTER = (sys.executable, "-m", "newsletter")
PAGES = (
    ("subscribe-phone", "subscribe", 375, 620),
    ("preferences-phone", "preferences/{token}", 375, 1180),
    ("archive-phone", "archive/1", 375, 1180),
    ("preferences-desk-dark", "preferences/{token}", 800, 1180, True),
)
"""Their names, paths, widths and heights, and whether in the dark."""
SHOWN = (
    *product(("digest",), ("en",), (PHONE, DESK), ("light", "dark")),
    *product(("compact", "weekly"), ("en",), (PHONE, DESK), ("light",)),
    *product(("digest",), ("de", "ar", "zh"), (PHONE,), ("light",)),
    ("weekly", "ar", DESK, "dark"),
    *product(emails.LETTERS, ("en",), (PHONE,), ("light",)),
    ("welcome", "ar", PHONE, "dark"),
)


def picture(folder: Path, email: str, language: str, width: int, scheme: str) -> Picture:
    """One view of an email, which is written into `folder`."""
    file = folder / f"{email}-{language}.html"
    file.write_text(emails.html(email, language), encoding="utf-8")
    place = "phone" if width == PHONE else "desk"
    height = 620 if email in emails.LETTERS else 900
    return Picture(f"{email}-{language}-{place}-{scheme}", file, width, scheme, height)


def demo(folder: Path) -> Path:
    """The demo's newsletter, sent."""
    command = [*NEWSLETTER, "demo", "--dir", folder / "demo", "--now", "2026-03-11T07:30Z"]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "demo"


def bench(newsletter: Path, target: Path) -> Path:
    """The work bench around its email, as an ordinary window shows it: frames need one."""
    return shot((newsletter / "preview/index.html").as_uri(), target / "bench-light.png", newsletter.parent)


def pages(newsletter: Path, target: Path) -> Iterator[Path]:
    """What its readers see on the web."""
    copy = next((newsletter / "mailbox/new").iterdir()).read_text()
    (token, *_) = re.findall(r"/preferences/([\w-]+)", copy.replace("=\n", ""))
    command = [*NEWSLETTER, "serve", "--json", "--now", "2026-03-11T07:40Z"]
    environment = os.environ | {"NEWSLETTER_WEB__PORT": "0"}
    with subprocess.Popen(command, cwd=newsletter, env=environment, stdout=subprocess.PIPE) as serving:
        address = json.loads(next(iter(serving.stdout or ())))["web"]
        for name, path, *window in PAGES:
            url = address + path.format(token=token)
            yield shot(url, target / f"page-{name}.png", newsletter.parent, *window)
        serving.terminate()


def approval(newsletter: Path) -> Path:
    """The page on which the operator decides on the edition of the next day. Changes the folder."""
    config = newsletter / "newsletter.toml"
    config.write_text(config.read_text() + "\n[approval]\nrequired = true\n")
    run = [*NEWSLETTER, "run", "--now", "2026-03-12T07:30Z"]
    subprocess.run(run, cwd=newsletter, check=True, capture_output=True)
    token = asyncio.run(_token(config))
    command = [*NEWSLETTER, "serve", "--json", "--now", "2026-03-12T07:40Z"]
    environment = os.environ | {"NEWSLETTER_WEB__PORT": "0"}
    with subprocess.Popen(command, cwd=newsletter, env=environment, stdout=subprocess.PIPE) as serving:
        address = json.loads(next(iter(serving.stdout or ())))["web"]
        made = shot(f"{address}approve/{token}", HERE / "approval.png", newsletter.parent, 800, 980)
        serving.terminate()
    return made


async def _token(config: Path) -> str:
    async with open_app(config) as app:
        [waiting] = await app.approval.waiting()
        return link_token(app.secret, waiting)


def shot(
    url: str, picture: Path, folder: Path, width: int = 1280, height: int = 1300, dark: bool = False
) -> Path:
    """A picture of this address."""
    subprocess.run(
        [
            shutil.which("chromium") or "chromium",
            *OPTIONS,
            f"--blink-settings=preferredColorScheme={0 if dark else 1}",
            f"--window-size={width},{height}",
            f"--user-data-dir={folder / 'profile'}",
            f"--screenshot={picture}",
            url,
        ],
        check=True,
        capture_output=True,
    )
    quantise([picture])
    return picture


if __name__ == "__main__":
    target = HERE / "gallery"
    target.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        sent = demo(Path(folder))
        for made in [
            bench(sent, target),
            *pages(sent, target),
            approval(sent),
            *make([picture(Path(folder), *shown) for shown in SHOWN], target),
        ]:
            print(f"{made.name}: {made.stat().st_size:,} bytes")
