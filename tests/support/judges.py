"""What judges an email beside our own code: a browser with axe, the official MJML, html-validate, caniemail.
Chromium comes from Debian, the others from npm by `make judges`; all of them run offline.

Node takes long to start: every function judges a list at once and answers a list in the same order.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from filelock import FileLock

FOLDER = Path(__file__).parents[1] / "judges"
CHROMIUM = shutil.which("chromium")
_BY_NPM = (FOLDER / "node_modules" / ".installed").exists() and shutil.which("node") is not None

needs_npm = pytest.mark.skipif(not _BY_NPM, reason="the judges from npm are not installed: `make judges`")
needs_browser = pytest.mark.skipif(
    not (_BY_NPM and CHROMIUM), reason="needs Chromium and the judges from npm: `make judges`"
)
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WIDTHS = (320, 375, 800)
"""CSS pixels: the smallest phone, a usual one, a desk."""


# The browser


@dataclass(frozen=True)
class Shot:
    """A picture to be taken, as PNG."""

    path: Path
    height: int = 0
    """Where it is cut off, in CSS pixels; 0 takes the whole page."""
    scale: float = 1
    """Device pixels for one of CSS."""


@dataclass(frozen=True)
class View:
    """A file as one window shows it."""

    file: Path
    width: int
    scheme: Scheme
    shot: Shot | None = None
    judged: bool = True
    """Else it is only opened, for its picture."""


@dataclass(frozen=True)
class Sight:
    """What the browser found in one view. All lists are empty where all is well, but for `contrasts`."""

    mode: str
    """CSS1Compat, unless the page fell into quirks mode."""
    violations: list[dict[str, Any]]
    """Of axe: id, help, and the elements `at` which."""
    undecided: list[str]
    """Elements whose contrast axe could not tell."""
    sideways: bool
    """Whether the page scrolls to the side."""
    beyond: list[dict[str, Any]]
    """Texts and images that reach out of the window: text, left, right."""
    contrasts: list[dict[str, Any]]
    """The five texts that stand out least, by our own measure, the worst first: contrast (1 to 21; 0 before
    an image), text, colour, behind."""
    targets: list[dict[str, Any]]
    """Links outside of sentences below 24 CSS pixels in height or width: text, width, height."""
    small: list[dict[str, Any]]
    """Texts below 13 CSS pixels: px, text."""
    console: list[str]
    """Errors in the console."""
    requests: list[str]
    """Whatever the page asked for beside itself, in any of its views; it never gets it."""


def look(views: Sequence[tuple[Path, int, Scheme]]) -> list[Sight]:
    """Each page in its width and scheme."""
    return [Sight(**sight) for sight in _look([View(*view) for view in views])]


def take_pictures(views: Sequence[View]) -> None:
    """The shots of these views, in folders that are there."""
    _look(views)


def _look(views: Sequence[View]) -> list[Any]:
    job = {"browser": CHROMIUM, "views": [asdict(view) for view in views]}
    found: list[Any] = _ask("look.js", job)
    return found


# Readers at the pages


@dataclass(frozen=True)
class Window:
    """In which a page is looked at."""

    width: int
    scheme: Scheme
    shot: Path | None = None
    """Where a picture of it goes."""


@dataclass(frozen=True)
class PageView:
    """A page of ours as some windows show it."""

    path: str
    windows: Sequence[Window]


@dataclass(frozen=True)
class Visit:
    """What somebody does there, as tests/judges/pages.js says it."""

    steps: Sequence[Sequence[str]]
    scripts: bool = True
    """Whether their browser runs any."""


def at_pages(origin: str, views: Sequence[PageView], visits: Sequence[Visit] = ()) -> dict[str, Any]:
    """What was found at each of the views and in each of its windows, and after each step of each visit."""
    job = {
        "browser": CHROMIUM,
        "origin": origin,
        "views": [asdict(view) for view in views],
        "visits": [asdict(visit) for visit in visits],
    }
    found: dict[str, Any] = _ask("pages.js", job)
    return found


# MJML


@dataclass(frozen=True)
class MjmlError:
    """What the official MJML has against a source."""

    line: int
    tag: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, <{self.tag}>: {self.message}"


@dataclass(frozen=True)
class OfficialMjml:
    """What the official MJML makes of a source."""

    html: str
    """Not minified, no fonts; empty where nothing could be made."""
    errors: list[MjmlError]
    """As its strict validation finds them."""


def official_mjml(sources: Sequence[str]) -> list[OfficialMjml]:
    """The HTML and the verdict for each source."""
    return [
        OfficialMjml(found["html"] or "", [MjmlError(**error) for error in found["errors"]])
        for found in _ask("mjml.js", list(sources))
    ]


# HTML


@dataclass(frozen=True)
class Fault:
    """What html-validate has against a document."""

    rule: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column} {self.rule}: {self.message}"


def html_validate(documents: Sequence[str]) -> list[list[Fault]]:
    """The faults of each document; the rules that are off are in validate.js."""
    return [[Fault(**fault) for fault in faults] for faults in _ask("validate.js", list(documents))]


def caniemail(documents: Sequence[str]) -> list[Mapping[str, Sequence[str]]]:
    """For each document the features that some mail client lacks in part or whole, with these clients."""
    found: list[Mapping[str, Sequence[str]]] = _ask("caniemail.js", list(documents))
    return found


# Asking


def _ask(script: str, job: object) -> Any:
    """What this script of tests/judges answers."""
    ended = subprocess.run(
        ["node", FOLDER / script],
        input=json.dumps(job, default=str),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, f"{script}: {ended.stderr}"
    return json.loads(ended.stdout)


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[], Any]) -> Any:
    """The JSON that `make` answers. Of the workers of pytest-xdist one makes it, the others read it."""
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    file = folder / f"{name}.json"
    with FileLock(folder / f"{name}.lock"):
        if not file.exists():
            file.write_text(json.dumps(make()), encoding="utf-8")
        return json.loads(file.read_text(encoding="utf-8"))
