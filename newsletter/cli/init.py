"""init: a folder to start one's own newsletter in."""

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.folder import make_folder, make_secret
from newsletter.cli.options import Json
from newsletter.cli.output import print_json, print_lines
from newsletter.errors import ConfigError

__all__ = ["init"]

FILES = {
    "newsletter.toml": "templates/newsletter.toml",
    "templates/digest": "templates/digest",
    "templates/base": "templates/base",
    "subscribers.csv": "subscribers/example.csv",
    "papers.txt": "seeds/papers.txt",
}


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Made where it does not exist.")],
    json: Json = False,
) -> None:
    """Start a newsletter of your own in a folder.

    Makes a commented newsletter.toml, a theme to edit, an example list and a page of papers.
    """
    for name in (*FILES, "newsletter.secret"):
        if (folder / name).exists():
            raise ConfigError(
                f"{folder / name} exists already; choose another folder, or move it away first."
            )
    make_folder(folder, FILES)
    make_secret(folder / "newsletter.secret")
    if json:
        print_json({"folder": str(folder), "files": sorted([*FILES, "newsletter.secret"])})
        return
    print_lines(
        [
            f"✓ {folder} holds newsletter.toml, a theme, an example list and a page of papers.",
            "Next:",
            f"  cd {folder}",
            "  newsletter subscribers import subscribers.csv  the example list, or your own",
            "  newsletter mailbox                             a mail server to try, in a second terminal",
            "  newsletter run --slot now                      collect, publish, send",
        ]
    )
