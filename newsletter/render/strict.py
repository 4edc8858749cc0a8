"""Mistakes in MJML that mrml reports without a line, or not at all.

Stricter than mrml, which passes on what it does not know, and than official MJML, which reads whatever is in mj-text.
What both take without loss passes: `<br>`, `&`, HTML of any kind.
"""

import re
from typing import NamedTuple

from newsletter.render.mistakes import Found, Mistake, did_you_mean
from newsletter.render.mjmlrules import (
    BLANK_LINES_ONLY,
    DROPPED,
    LEAVES,
    NO_COMMENTS,
    NO_CONDITIONS,
    RAW_ELSEWHERE,
    REPLACED,
    TEXT_ONLY,
    VOID,
    expected,
    is_of_type,
    rules,
)

__all__ = ["Mistake", "find_mistake"]

# As mrml's tokenizer has it, which is neither one of XML nor one of HTML.
_NAME = r"(?:(?:[A-Za-z_][A-Za-z0-9_.-]*)?:)?[A-Za-z_][A-Za-z0-9_.-]*"
_VALUE = r"""\s*=\s*(?:"[^"]*"|'[^']*')"""
_PIECE = re.compile(
    rf"""
    (?P<text> [^<]+ )
    | < (?P<name>{_NAME}) (?P<attributes>(?:\s+{_NAME}(?:{_VALUE})?)*) \s* (?P<start>/?) >
    | </ (?P<end>{_NAME}) \s* >
    | (?P<conditional> (?: <!--\[if[^]]* | <!\[if[^]]* | <!\[endif | <!--<!\[endif[^]]* ) \] (?: >--> | ><!--> | --> | > ) )
    | (?P<comment> <!-- (?!\[if|<!\[endif) [^-]*(?:-[^-]+)* --> )
    | (?P<broken> < )
    """,
    re.VERBOSE | re.ASCII,
)
_ATTRIBUTE = re.compile(rf"\s+(?P<name>{_NAME})(?:\s*=\s*(?P<value>\"[^\"]*\"|'[^']*'))?", re.ASCII)
_CLASS = re.compile(rf"<mj-class(?:\s+{_NAME}(?:{_VALUE})?)*?\s+name\s*=\s*[\"']([^\"']*)", re.ASCII)
_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
