"""A template to the HTML that is sent: mrml lays its MJML out, premailer inlines the theme's CSS.

What is amiss is reported with the file and line of the template that wrote it, whatever step it disturbs.
"""

import logging
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import mjml

from newsletter.errors import TemplateError
from newsletter.render.cssmistakes import find_css_mistake
from newsletter.render.strict import find_mistake
from newsletter.render.theme import Theme
from newsletter.render.tracing import locate, offset_in_error

__all__ = ["MadeHtml", "lay_out", "make_html"]

_CSS = "style.css"
_TITLE = re.compile(r"(?<=<mj-title>)[^<]+(?=</mj-title>)")
_STYLE = re.compile(r"<style(?=[ >])")
_HELD_STYLE = re.compile(r'<style data-premailer="ignore"')
_MUST_SURVIVE = ("<!--[if ", "<![endif]-->", "@media", "!important", "[data-ogsc]", "[data-ogsb]")


@dataclass(frozen=True, slots=True)
class MadeHtml:
    """The HTML, and how it came about."""

    mjml: str
    laid_out: str
    """Before the CSS was inlined."""
    html: str


def make_html(theme: Theme, template: str, /, **context: Any) -> MadeHtml:
    """The HTML document of a template of MJML, filled with `context`. Raises TemplateError."""
    source = theme.render(template, **context)
    # Before mrml, which passes on what it does not know, and readers would see it.
    if mistake := find_mistake(source):
        place = locate(theme.escaping, template, context, source, mistake.offset)
        raise TemplateError(f"{place}: {mistake.message}")
    try:
        laid_out = lay_out(source)
    except ValueError as error:
        offset = offset_in_error(str(error), source)
        place = locate(theme.escaping, template, context, source, offset or 0)
        raise TemplateError(f"{place}: not MJML: {error}") from error
    return MadeHtml(source, laid_out, _styled(theme, laid_out))


def lay_out(source: str) -> str:
    """The HTML of this MJML. Raises ValueError. mrml writes the title into an aria-label as Rust would into a
    log, with signs outside of ASCII as numbers: so it gets a stand-in, and the title comes later."""
    title = _TITLE.search(source)
    if title is None:
        return str(mjml.mjml2html(source, fonts={}))
    stand_in = f"title-{sha256(source.encode('utf-8', 'replace')).hexdigest()[:16]}"
    replaced = f"{source[: title.start()]}{stand_in}{source[title.end() :]}"
    return str(mjml.mjml2html(replaced, fonts={})).replace(stand_in, title[0])


def _styled(theme: Theme, laid_out: str) -> str:
    """With the CSS of the theme inlined, by which nothing else may get lost."""
    css = theme.render(_CSS)
    if mistake := find_css_mistake(css):
        raise TemplateError(f"{locate(theme.plain, _CSS, {}, css, mistake.offset)}: {mistake.message}")
    inlined = _inlined(laid_out, css, str(theme.file(_CSS)))
    for piece in _MUST_SURVIVE:
        if inlined.count(piece) < laid_out.count(piece):
            raise TemplateError(
                f"{theme.file(_CSS)}: inlining the CSS lost a {piece!r}: keep the theme's CSS simpler"
            )
    return inlined


def _inlined(html: str, css: str, template: str) -> str:
    """premailer, with everything off that would fetch, or strip what media queries and Outlook need."""
    # A quarter of a second to load, and only publishing needs it.
    from premailer import Premailer

    # mrml's own styles stay in the head: inlined, they would stand in every cell.
    held = _STYLE.sub('<style data-premailer="ignore"', html.replace("<!doctype html>", "<!DOCTYPE html>", 1))
    try:
        inlined = Premailer(
            held,
            css_text=css,
            keep_style_tags=False,
            strip_important=False,
            disable_validation=True,
            disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
            align_floating_images=False,
            allow_network=False,
            cssutils_logging_level=logging.CRITICAL,
        ).transform()
    except Exception as error:  # premailer lets through whatever lxml and cssutils raise
        raise TemplateError(f"{template}: the CSS cannot be inlined: {error}") from error
    return _HELD_STYLE.sub("<style", inlined)
