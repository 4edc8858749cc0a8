"""Makes the pictures of docs/dashboard.md anew, beside this file.

    .venv/bin/python docs/images/dashboard.py

It needs Chromium; with pngquant the files become much smaller.
"""

import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests")]

from gallery import shot  # noqa: E402
from support.history import live  # noqa: E402
from support.serving import served  # noqa: E402

UNDER_WAY = datetime(2026, 3, 11, 7, 46, tzinfo=UTC)
ARRIVED = datetime(2026, 3, 11, 9, 12, tzinfo=UTC)
PICTURES = (
    ("dashboard-light", True, 1080, 1222, False),
    ("dashboard-dark", False, 1080, 1262, True),
    ("dashboard-phone", False, 375, 1010, False),
)
"""Their names, whether all is well, widths and heights, and whether in the dark."""


def main(target: Path) -> None:
    """Weeks of a newsletter, twice: with an edition under way and troubles, and calm."""
    for calm in {c for _, c, *_ in PICTURES}:
        now = ARRIVED if calm else UNDER_WAY
        with TemporaryDirectory() as folder:
            furnish = partial(live, now=now, readers=1900, calm=calm)
            with served(Path(folder), now, furnish, "Morning Papers") as (address, _):
                for name, is_calm, *window in PICTURES:
                    if is_calm is calm:
                        made = shot(f"{address}/dashboard", target / f"{name}.png", Path(folder), *window)
                        print(f"{made.name}: {made.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(HERE)
