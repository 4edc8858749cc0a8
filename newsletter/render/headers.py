"""Single header lines: folded at 76, and never more than the one header that was asked for. All are ASCII but
for To, where what stands before the at sign may be in any script (RFC 6532)."""

import re
from email.header import Header
from functools import lru_cache

from newsletter.errors import InputError
from newsletter.render.text import clean, safe_link

__all__ = ["angled", "mailbox", "unstructured", "web_link"]

_WIDTH = 76
_LONGEST_QUOTED_NAME = 60
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,253}")
_LONGEST_LOCAL = 64
_FOREIGN = re.compile(r"[^\x00-\xa0]")
_NAMED_ADDRESS = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]+)>")
_TOKEN = re.compile(r"[\x21-\x3b=\x3f-\x7e]{1,900}")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")


# All copies of an edition have one of a few subjects.
@lru_cache(maxsize=1000)
def unstructured(name: str, text: str) -> str:
    """The header `name` with any text, which is cleaned, encoded if it must be, and folded."""
    value = clean(_without_nul(name, text))
    if _is_plain(value) and max(map(len, value.split()), default=0) < _WIDTH:
        return f"{name}: " + Header(value, "us-ascii", _WIDTH, name).encode(linesep="\r\n")
    return f"{name}: " + Header(value, "utf-8", _WIDTH, name).encode(linesep="\r\n")


def mailbox(header: str, address: str, name: str = "") -> str:
    """The header with one address; `address` may be `Name <address>` where `name` is empty."""
    match = None if name else _NAMED_ADDRESS.fullmatch(address)
    if match:
        name, address = match["name"].strip().removeprefix('"').removesuffix('"'), match["address"]
    plain = _plain_address(header, address)
    if not name:
        return f"{header}: {plain}"
    shown = clean(_without_nul(header, name))
    if not shown:
        return f"{header}: {plain}"
    line = f"{header}: {_phrase(header, shown)}"
    fits = len(line) + len(plain) + len(" <>") <= _WIDTH
    return f"{line} <{plain}>" if fits else f"{line}\r\n <{plain}>"


def angled(header: str, token: str, scheme: str = "") -> str:
    """`Header: <token>` or, with a `scheme`, only `<scheme:token>`; the token is printable ASCII."""
    bare = token.removeprefix("<").removesuffix(">")
    if not _TOKEN.fullmatch(bare):
        raise InputError(f"{header}: {token!r} is not one word of printable ASCII")
    return f"<{scheme}{bare}>" if scheme else f"{header}: <{bare}>"


def web_link(header: str, url: str) -> str:
    """`url`, percent-encoded; InputError unless it is an address of the web of a length that fits a line."""
    safe = safe_link(url)
    if safe is None or safe.startswith("mailto:") or not _TOKEN.fullmatch(safe):
        raise InputError(f"{header}: {url!r} is not an https address")
    return safe


def _plain_address(header: str, address: str) -> str:
    local, _, domain = address.rpartition("@")
    plain = f"{local}@{_a_label(domain)}"
    if _ADDRESS.fullmatch(plain) or (header == "To" and _is_international(plain)):
        return plain
    raise InputError(f"{header}: {address!r} is not an address of plain ASCII, such as ada@example.org")


@lru_cache(maxsize=10_000)
def _a_label(domain: str) -> str:
    """In ASCII, or empty where there is no such domain."""
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def _is_international(address: str) -> bool:
    """Whether it is one but for its script (RFC 6531, 3.3), in as many octets as others have."""
    local = address.rpartition("@")[0]
    return (
        local.isprintable()
        and len(local.encode()) <= _LONGEST_LOCAL
        and _ADDRESS.fullmatch(_FOREIGN.sub("x", address)) is not None
    )


def _phrase(header: str, name: str) -> str:
    if not _is_plain(name) or len(name) > _LONGEST_QUOTED_NAME:
        return Header(name, "utf-8", _WIDTH, header).encode(linesep="\r\n")
    if _ATOMS.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _is_plain(text: str) -> bool:
    """Whether `text` can stand in a header as it is: an encoded-word in it would be decoded."""
    return text.isascii() and "=?" not in text


def _without_nul(header: str, text: str) -> str:
    if "\0" in text:
        raise InputError(f"{header}: a NUL cannot be sent: {text!r}")
    return text
