"""Makes the pictures of docs/gallery.md anew, into docs/images/gallery.

    .venv/bin/python docs/images/gallery.py

It needs Chromium and `make judges`; with pngquant the files become much smaller.
"""

import sys
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests")]

from make import Picture, make  # noqa: E402
from support import emails  # noqa: E402

PHONE, DESK = 375, 700
"""Widths in CSS pixels."""
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


if __name__ == "__main__":
    target = HERE / "gallery"
    target.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        for made in make([picture(Path(folder), *shown) for shown in SHOWN], target):
            print(f"{made.name}: {made.stat().st_size:,} bytes")
