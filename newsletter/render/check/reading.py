"""A specimen with its documents and messages taken apart, each once for all judges."""

from dataclasses import dataclass
from functools import cached_property

from newsletter.render.check.letter import Letter
from newsletter.render.check.page import Page
from newsletter.render.check.specimen import Specimen

__all__ = ["Reading"]


@dataclass(frozen=True)
class Reading:
    """What the judges get."""

    specimen: Specimen

    @cached_property
    def page(self) -> Page:
        """This reader's HTML."""
        return Page(self.specimen.html)

    @cached_property
    def common(self) -> Page:
        """The HTML before anything of a reader's was put in."""
        return Page(self.specimen.rendered)

    @cached_property
    def letter(self) -> Letter:
        """This reader's message."""
        return Letter(self.specimen.message)

    @cached_property
    def other(self) -> Letter:
        """Another reader's."""
        return Letter(self.specimen.other)

    @cached_property
    def plain(self) -> str:
        """This reader's plain text on one line."""
        return " ".join(self.specimen.text.split())
