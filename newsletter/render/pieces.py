"""The pieces that mrml's tokenizer cuts MJML into: text, tags and comments.

It is neither one of XML (`&`, `<br>` and attributes without a value pass) nor one of HTML (a stray `<`, `--`
in a comment and values without quotes do not), so a parser of either would judge differently.
"""

import re

__all__ = ["ATTRIBUTE", "CLASS", "NO_CHARACTER", "PIECE", "SPACE", "why_broken"]

SPACE = " \t\r\n"
_NAME = r"(?:(?:[A-Za-z_][A-Za-z0-9_.-]*)?:)?[A-Za-z_][A-Za-z0-9_.-]*"
_VALUE = r"""\s*=\s*(?:"[^"]*"|'[^']*')"""
PIECE = re.compile(
    rf"""
    (?P<text> [^<]+ )
    | < (?P<name>{_NAME}) (?P<attributes>(?:\s+{_NAME}(?:{_VALUE})?)*) \s* (?P<start>/?) >
    | </ (?P<end>{_NAME}) \s* >
    | (?P<conditional>
        (?: <!--\[if[^]]* | <!\[if[^]]* | <!\[endif | <!--<!\[endif[^]]* ) \]
        (?: >--> | ><!--> | --> | > )
      )
    | (?P<comment> <!-- (?!\[if|<!\[endif) [^-]*(?:-[^-]+)* --> )
    | (?P<broken> < )
    """,
    re.VERBOSE | re.ASCII,
)
"""Matches one after the other; its last group is the kind. `start` is a slash where the tag ends itself."""
ATTRIBUTE = re.compile(rf"\s+(?P<name>{_NAME})(?:\s*=\s*(?P<value>\"[^\"]*\"|'[^']*'))?", re.ASCII)
"""Matches an attribute, with its value in quotes."""
CLASS = re.compile(rf"<mj-class(?:\s+{_NAME}(?:{_VALUE})?)*?\s+name\s*=\s*[\"']([^\"']*)", re.ASCII)
"""Matches the definition of an mj-class; the group: its name."""
NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Matches what mrml takes nowhere."""
_TAG_BEGUN = re.compile(rf"</?{_NAME}", re.ASCII)


def why_broken(source: str, offset: int) -> str:
    """Why the `<` at `offset` begins no piece."""
    for beginning, reason in (
        ("<!--[if", "this conditional comment is not one: write <!--[if mso]> and <![endif]-->"),
        ("<!--", "a comment has no -- in it and ends with -->"),
        ("<![CDATA[", "mrml takes no CDATA: write &lt; and &amp; instead"),
        ("<!", "mrml takes no such declaration: take it out"),
        ("<?", "mrml takes no processing instruction and no <?xml?>: take it out"),
    ):
        if source.startswith(beginning, offset):
            return reason
    if begun := _TAG_BEGUN.match(source, offset):
        return (
            f'{begun[0]} is no whole tag: end it with >, and write attributes as name="value" after a space'
        )
    return "a < that begins no tag: write &lt;"
