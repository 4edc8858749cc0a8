"""Pictures of emails, as PNG in DIR or else beside this file.

    .venv/bin/python docs/images/make.py [DIR] <LIST

LIST is JSON: [{"name": "digest-phone", "file": "email.html", "width": 375, "scheme": "dark", "height": 900}].
The picture is cut off at `height` CSS pixels; 0 takes the whole page. It needs Chromium and `make judges`;
with pngquant the files become much smaller.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "tests"))

from support.judges import Scheme, Shot, View, take_pictures  # noqa: E402

SCALE = 1.5


@dataclass(frozen=True)
class Picture:
    """An email as one window shows it."""

    name: str
    """Of the file, without .png."""
    file: Path
    width: int
    scheme: Scheme
    height: int = 0

    def view(self, path: Path) -> View:
        """What the browser is asked for, into `path`."""
        shot = Shot(path, self.height, SCALE)
        return View(Path(self.file).resolve(), self.width, self.scheme, shot, judged=False)


def make(pictures: Sequence[Picture], folder: Path) -> list[Path]:
    """The files, in the same order."""
    paths = [folder / f"{picture.name}.png" for picture in pictures]
    take_pictures([picture.view(path) for picture, path in zip(pictures, paths, strict=True)])
    quantise(paths)
    return paths


def quantise(pictures: Sequence[Path]) -> None:
    """Make the files smaller, where there is something to do it with."""
    if shutil.which("pngquant"):
        options = ["--force", "--ext=.png", "--strip", "--speed=1", "--quality=60-95"]
        subprocess.run(["pngquant", *options, "--", *pictures], check=True)


if __name__ == "__main__":
    wanted = [Picture(**picture) for picture in json.load(sys.stdin)]
    for made in make(wanted, Path(sys.argv[1]) if len(sys.argv) > 1 else HERE):
        print(f"{made}: {made.stat().st_size} bytes")
