"""An edition rendered once for all readers."""

from dataclasses import dataclass
from pathlib import Path

from newsletter.core.model import Edition, Newsletter
from newsletter.errors import TemplateError
from newsletter.render.html import mjml_to_html
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


def render_edition(edition: Edition, newsletter: Newsletter, theme: Theme, *, nonce: str) -> RenderedEdition:
    """Render `edition` with `theme`. `nonce` is 16 hexadecimal digits, drawn anew for each edition."""
    if not is_nonce(nonce):
        raise ValueError(f"a nonce is 16 lower-case hexadecimal digits, not {nonce!r}")
    if nonce in repr((edition, newsletter)):
        raise TemplateError("the edition's texts contain its nonce: render it again with another one")
    view = view_edition(edition, newsletter)
    mjml = theme.render("digest.mjml", edition=view, reader=Marks(nonce, comments=True))
    text = theme.render("digest.txt", edition=view, reader=Marks(nonce, comments=False))
    html = mjml_to_html(mjml, theme.read("digest.css"), str(theme.folder / "digest.mjml"))
    _check_marks(mjml, html, nonce, theme.folder / "digest.mjml")
    return RenderedEdition(html=html, text=text.strip() + "\n", nonce=nonce)


def _check_marks(mjml: str, html: str, nonce: str, template: Path) -> None:
    """Nothing may get lost on the way from MJML to HTML, nor change places."""
    before, after = (mark_pattern(nonce).findall(source) for source in (mjml, html))
    if before != after:
        raise TemplateError(
            f"{template}: {len(before)} marks went in and {len(after)} came out in order: "
            "put them where MJML keeps text and comments (mj-text, or between sections)"
        )
