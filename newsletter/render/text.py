"""Text and links from outside, made fit to be shown. Both are data: nothing here trusts them."""

import re
from urllib.parse import quote, urlsplit, urlunsplit

__all__ = ["clean", "clean_lines", "cut", "host", "safe_link"]

_UNFIT = re.compile(
    "["
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # controls; those that are white space become a space
    "\u202a-\u202e\u2066-\u2069"  # overrides of direction, which would reach into the text around
    "\ufeff\ufffe\uffff\ud800-\udfff"  # no characters
    "]"
)
_NEVER_IN_A_LINK = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ENCODED = re.compile(r"https?://[A-Za-z0-9.-]+(?:/[A-Za-z0-9._~/-]*)?")
"""Most links: there is nothing about them to change."""
_LONGEST = 2000
"""Longer addresses do not work everywhere, and nobody means them."""
_SCHEMES = {"http", "https", "mailto"}
_KEPT_IN_PATH = "/%:@!$&'()*+,;=~"
_KEPT_IN_QUERY = _KEPT_IN_PATH + "?"


def clean(text: str) -> str:
    """`text` on one line, without control characters, direction overrides and lone surrogates."""
    return " ".join(_UNFIT.sub("", text).split())


def clean_lines(text: str) -> tuple[str, ...]:
    """The lines of `text`, each clean, without the empty ones."""
    return tuple(line for line in map(clean, text.splitlines()) if line)


def cut(text: str, room: int) -> str:
    """At most so many characters of a text on one line, to a word; "…" says that there was more."""
    if len(text) <= room:
        return text
    return f"{text[: room - 1].rsplit(' ', 1)[0].rstrip(' ,;:–-')}…"


def safe_link(url: str | None) -> str | None:
    """`url` percent-encoded, in ASCII, if it is a whole http, https or mailto address that is not too long;
    else None."""
    if not url or len(url) > _LONGEST or _NEVER_IN_A_LINK.search(url):
        return None
    if _ENCODED.fullmatch(url):
        return url
    try:
        parts = urlsplit(url.strip())
        parts.port  # noqa: B018 - reading it checks it
        netloc = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode("ascii")
    except ValueError:
        return None
    if parts.scheme not in _SCHEMES or (parts.scheme == "mailto") == bool(netloc):
        return None
    path, query = quote(parts.path, safe=_KEPT_IN_PATH), quote(parts.query, safe=_KEPT_IN_QUERY)
    fragment = quote(parts.fragment, safe=_KEPT_IN_QUERY)
    safe = urlunsplit((parts.scheme, quote(netloc, safe=":@[]"), path, query, fragment))
    return safe if len(safe) <= _LONGEST else None


def host(url: str) -> str:
    """The host of `url` as people say it: "huggingface.co"."""
    return (urlsplit(url).hostname or "").removeprefix("www.")
