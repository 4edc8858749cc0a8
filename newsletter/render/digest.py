"""An edition rendered once for all readers."""

from dataclasses import dataclass, field
from pathlib import Path

from newsletter.core.model import Edition, Newsletter
from newsletter.errors import TemplateError
from newsletter.render.clicklinks import ClickLinks
from newsletter.render.detail import FULL, Detail
from newsletter.render.html import make_html
from newsletter.render.marks import Marks, is_nonce, mark_pattern
from newsletter.render.theme import Theme
from newsletter.render.view import view_edition

__all__ = ["RenderedEdition", "render_edition"]


@dataclass(frozen=True)
class RenderedEdition:
    """Both parts of the email, with sentinels for what differs from reader to reader."""

    html: str
    text: str
    nonce: str
    """In every sentinel; unguessable, so that no title can contain one."""
    mjml: str = field(default="", repr=False)
    """What the theme made of the edition; with `laid_out`, for whoever judges how `html` came about."""
    laid_out: str = field(default="", repr=False)
    """The HTML before the theme's CSS was inlined."""


def render_edition(
    edition: Edition,
    newsletter: Newsletter,
    theme: Theme,
    *,
    nonce: str,
    detail: Detail = FULL,
    clicks: ClickLinks | None = None,
) -> RenderedEdition:
    """Render `edition` with `theme`. `nonce` is 16 hexadecimal digits, drawn anew for each edition; with
    `clicks`, links of entries lead over these."""
    if not is_nonce(nonce):
        raise ValueError(f"a nonce is 16 lower-case hexadecimal digits, not {nonce!r}")
    if nonce in repr((edition, newsletter)):
        raise TemplateError("the edition's texts contain its nonce: render it again with another one")
    view = view_edition(edition, newsletter, theme.language, detail, clicks)
    made = make_html(theme, "edition.mjml", edition=view, reader=Marks(nonce, comments=True))
    text = theme.render("edition.txt", edition=view, reader=Marks(nonce, comments=False))
    _check_marks(made.mjml, made.html, nonce, theme.file("edition.mjml"))
    return RenderedEdition(made.html, text.strip() + "\n", nonce, made.mjml, made.laid_out)


def _check_marks(mjml: str, html: str, nonce: str, template: Path) -> None:
    """Nothing may get lost on the way from MJML to HTML, nor change places. mrml says the title twice."""
    before, after = (
        [mark for mark in mark_pattern(nonce).findall(source) if mark[0] != "SUBJECT"]
        for source in (mjml, html)
    )
    if before != after:
        raise TemplateError(
            f"{template}: {len(before)} marks went in and {len(after)} came out in order: "
            "put them where MJML keeps text and comments (mj-text, or between sections)"
        )
