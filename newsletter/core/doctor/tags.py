"""Lists of tags as `v=DKIM1; k=rsa; p=…`, which DKIM (RFC 6376, 3.2) and DMARC write alike. Strict."""

import re

__all__ = ["Malformed", "shown", "tags_of"]

_LONGEST = 16_384
"""Characters; no record in use has a tenth of it."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_SPACE = " \t\r\n"


class Malformed(ValueError):
    """A record is not what its standard says; the text says where."""


def tags_of(text: str) -> dict[str, str]:
    """By name, in their order, without white space around the values. Raises Malformed."""
    if len(text) > _LONGEST:
        raise Malformed(f"it has {len(text)} characters")
    found: dict[str, str] = {}
    specs = text.split(";")
    if not specs[-1].strip(_SPACE):
        specs.pop()
    for spec in specs:
        name, equals, value = (part.strip(_SPACE) for part in spec.partition("="))
        if not equals or not _NAME.fullmatch(name):
            raise Malformed(f"{shown(spec)} is not written as name=value")
        if name in found:
            raise Malformed(f"the tag {name}= is there twice")
        if any(not " " <= sign <= "~" and sign not in _SPACE for sign in value):
            raise Malformed(f"the tag {name}= has characters that do not belong there")
        found[name] = value
    return found


def shown(text: str) -> str:
    """A piece of a record, fit to be printed."""
    plain = "".join(sign if " " <= sign <= "~" else "?" for sign in text.strip(_SPACE))
    return repr(plain if len(plain) <= 60 else plain[:60] + "...")
