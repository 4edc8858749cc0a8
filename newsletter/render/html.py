"""MJML to the HTML that is sent: mrml lays it out, premailer inlines the theme's CSS."""

import logging
import re
from xml.parsers import expat

import mjml

from newsletter.errors import TemplateError

__all__ = ["inline", "lay_out"]

_STYLE = re.compile(r"<style(?=[ >])")
_HELD_STYLE = re.compile(r'<style data-premailer="ignore"')
_MUST_SURVIVE = ("<!--[if ", "<![endif]-->", "@media", "!important", "[data-ogsc]", "[data-ogsb]")
_UNKNOWN_TAG = re.compile(r"<(mj-[a-z-]*)")
_POSITION = re.compile(r"at position (\d+)")


def inline(laid_out: str, css: str, template: str) -> str:
    """The document with `css` inlined, of which nothing else may get lost."""
    inlined = _inlined(laid_out, css, template)
    for piece in _MUST_SURVIVE:
        if inlined.count(piece) < laid_out.count(piece):
            raise TemplateError(
                f"{template}: inlining the CSS lost a {piece!r}: keep the theme's CSS simpler"
            )
    return inlined


def lay_out(source: str, template: str) -> str:
    """The HTML document of the MJML `source`; `template` is its name in errors."""
    try:
        html = mjml.mjml2html(source, fonts={})
    except ValueError as error:
        raise TemplateError(f"{template}: not MJML: {error}; {_whereabouts(source, str(error))}") from error
    # mrml passes on what it does not know, and readers would see it.
    if unknown := _UNKNOWN_TAG.search(html):
        raise TemplateError(f"{template}: there is no <{unknown[1]}>, or it has no place where it stands")
    return html


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


def _whereabouts(source: str, reason: str) -> str:
    """Where `source` stops being well-formed: mrml itself says a byte at most."""
    position = _POSITION.search(reason)
    line = source.encode()[: int(position[1])].count(b"\n") + 1 if position else _first_broken_line(source)
    lines = source.splitlines() or [""]
    line = min(line, len(lines))
    return f"line {line} of the MJML that it makes: {lines[line - 1].strip()[:120]!r}"


def _first_broken_line(source: str) -> int:
    parser = expat.ParserCreate()
    parser.UseForeignDTD(True)  # so that HTML's entities pass
    try:
        parser.Parse(source, True)
    except expat.ExpatError as error:
        return error.lineno
    return 1
