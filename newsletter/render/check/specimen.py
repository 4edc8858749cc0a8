"""One reader's email with all that it takes to judge it."""

from dataclasses import dataclass

from newsletter.render.fitting import Fitting

__all__ = ["SpamVerdict", "Specimen", "Told"]


@dataclass(frozen=True, slots=True)
class SpamVerdict:
    """What SpamAssassin says about a message."""

    score: float
    """Above 0 it looks more like spam than not."""
    rules: tuple[tuple[str, float], ...]
    """The rules that fired, with what each adds to the score."""


@dataclass(frozen=True, slots=True)
class Told:
    """An entry that a copy has to tell of in both of its parts."""

    title: str
    links: tuple[str, ...]
    """The addresses of it that this copy gives."""


@dataclass(frozen=True, kw_only=True)
class Specimen:
    """A copy, the steps that led to it, and another reader's copy to compare it with."""

    # From the theme to the edition, for all readers.
    mjml: str
    """What the theme made, with the sentinels of `nonce`."""
    mistake: str | None
    """What a strict validator of MJML says about it; None where it accepts it."""
    laid_out: str
    """The HTML of that MJML, before its CSS was inlined."""
    rendered: str
    """The HTML after inlining, still with sentinels and with the blocks of all readers."""
    nonce: str
    fitting: Fitting | None
    """How the edition was made to fit; None where that is not known."""

    # This reader's copy.
    html: str
    text: str
    message: bytes
    """As it is handed to the mail server."""
    again: bytes
    """The same, rendered and composed anew."""
    subject: str
    entries: tuple[Told, ...]
    outside: tuple[str, ...]
    """Other texts from outside that may stand in it: lines, authors, topics, the preheader."""
    more: int
    """How many entries are left to the web."""
    archive: str
    """The address where they are."""
    unsubscribe: str
    """The address that ends this subscription."""
    private: tuple[str, ...]
    """What belongs to this reader alone: address, name, tokens."""

    # Another reader's.
    other: bytes
    other_private: tuple[str, ...]

    # What only others can tell.
    one_click: bool | None
    """Whether the token in List-Unsubscribe is this reader's; None where nobody tried."""
    dkim: bool | None
    """Whether the signature on `message` holds; None where there is none of ours."""
    spam: SpamVerdict | None
    """None where there is no SpamAssassin."""
