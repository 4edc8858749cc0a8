"""The trained weights that come with the program."""

from functools import cache
from importlib import resources

from newsletter.core.editor import Editor
from newsletter.core.lexicon import Lexicon

__all__ = ["shipped_editor"]


@cache
def shipped_editor() -> Editor:
    """The editor as it was trained by the scripts in `training/`."""
    return Editor(_lexicon("topics"), _lexicon("interest"), _lexicon("lines"))


def _lexicon(name: str) -> Lexicon:
    return Lexicon.parse((resources.files("newsletter") / "weights" / f"{name}.lexicon").read_bytes())
