"""Makes the pictures of docs/gallery.md anew, into docs/images/gallery.

    .venv/bin/python docs/images/gallery.py

It needs Chromium and `make judges`; with pngquant the files become much smaller.
"""

import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests")]

from make import Picture, make, quantise  # noqa: E402
from support import emails  # noqa: E402

PHONE, DESK = 375, 700
"""Widths in CSS pixels."""
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--hide-scrollbars"),
    *("--blink-settings=preferredColorScheme=1", "--window-size=1280,1300", "--virtual-time-budget=3000"),
)
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


def bench(folder: Path, target: Path) -> Path:
    """The work bench around the demo's email, as an ordinary window shows it: frames need one."""
    newsletter = [sys.executable, "-m", "newsletter"]
    subprocess.run(
        [*newsletter, "demo", "--dir", folder / "demo", "--now", "2026-03-11T07:30Z"],
        check=True,
        capture_output=True,
    )
    picture = target / "bench-light.png"
    page = (folder / "demo/preview/index.html").as_uri()
    subprocess.run(
        [
            shutil.which("chromium") or "chromium",
            *OPTIONS,
            f"--user-data-dir={folder / 'profile'}",
            f"--screenshot={picture}",
            page,
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
        for made in [
            bench(Path(folder), target),
            *make([picture(Path(folder), *shown) for shown in SHOWN], target),
        ]:
            print(f"{made.name}: {made.stat().st_size:,} bytes")
