"""The themes that come with the program."""

from functools import cache

from newsletter.bootstrap import shipped
from newsletter.render.theme import Theme

THEMES = ("digest", "compact", "weekly")
LANGUAGES = ("en", "de", "ar", "zh")


@cache
def shipped_theme(name: str = "digest", language: str = "en") -> Theme:
    """One of them, over the base that all share."""
    folder = shipped("templates")
    return Theme.load(folder / name, [folder / "base"], language=language)
