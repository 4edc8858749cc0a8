"""Who an entry is: the same id from every source, for every version, on every day.

In the order of trust: an arXiv id in any notation (`arxiv:2510.01459`), the canonical address of its page,
a hash of its title and authors (`hash:…`). Whether two different ids are the same paper is not decided here.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import urlsplit

from newsletter.errors import InputError

__all__ = ["arxiv_id", "canonical_id", "canonical_url", "identify", "normalise", "web_address"]

_NEW = r"\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}"
_OLD = r"([a-z]+(?:-[a-z]+)*)(?:\.[a-z]{2})?/(\d{7})"
_ARXIV = re.compile(
    rf"(?:arxiv:|oai:arxiv\.org:|(?:doi:)?10\.48550/arxiv\.)?\s*(?:({_NEW})|{_OLD})(?:v\d+)?(?:\.pdf)?/?",
    re.IGNORECASE | re.ASCII,
)
_ARXIV_PAGES = re.compile(
    r"(?:(?:[a-z]+\.)?arxiv\.org|ar5iv\.(?:labs\.arxiv\.)?org)/(?:abs|pdf|html|format|ps|src)/(.+)"
    r"|(?:www\.)?alphaxiv\.org/(?:abs|pdf|html|overview)/(.+)"
    r"|(?:huggingface|hf)\.co/papers/(.+)"
    r"|(?:dx\.)?doi\.org/(10\.48550/arxiv\..+)",
    re.IGNORECASE | re.ASCII,
)
_TRACKING = re.compile(
    r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_hs\w+|ref_src)(?:=|$)", re.I
)
_NOT_IN_ADDRESS = re.compile(r"[\s\x00-\x20\x7f-\x9f\"<>\\`\ud800-\udfff]")


def identify(
    *, title: str, authors: Iterable[str] = (), url: str | None = None, arxiv: str | None = None
) -> str:
    """The canonical id. `arxiv` is an arXiv id as the source writes it; one that is none is passed over."""
    found = arxiv_id(arxiv or "") or arxiv_id(url or "")
    if found:
        return f"arxiv:{found}"
    address = web_address(url or "")
    if address:
        return canonical_url(address)
    names = [normalise(title) or title.strip(), *map(normalise, authors)]
    digest = hashlib.sha256("\n".join(names).encode("utf-8", "replace")).hexdigest()
    return f"hash:{digest[:32]}"


def canonical_id(text: str) -> str:
    """An id that somebody wrote down, in the notation of `identify`; others stay as they are."""
    found = arxiv_id(text)
    if found:
        return f"arxiv:{found}"
    address = web_address(text)
    return canonical_url(address) if address else text.strip()


def arxiv_id(text: str) -> str | None:
    """The arXiv id without its version, or None: from an id, a guid, a DOI or an address."""
    text = text.strip()
    address = web_address(text)
    if address:
        parts = urlsplit(address)
        page = _ARXIV_PAGES.fullmatch(f"{parts.hostname}{parts.path}")
        if not page:
            return None
        text = next(filter(None, page.groups()))
    match = _ARXIV.fullmatch(text)
    if not match:
        return None
    new, archive, number = match.groups()
    return new or f"{archive.lower()}/{number}"


def web_address(text: str) -> str | None:
    """The text if it is an http or https address to send readers to (no user name in it), or None."""
    address = text.strip()
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    odd = _NOT_IN_ADDRESS.search(address) or "@" in parts.netloc or port == 0
    return address if parts.scheme in ("http", "https") and re.search(r"\w", host) and not odd else None


def canonical_url(url: str) -> str:
    """One spelling per page: https, host in lower case, no tracking, fragment or trailing slash.

    Raises InputError for anything but an http or https address.
    """
    address = web_address(url)
    if address is None:
        raise InputError(f"{url[:200]!r} is not a web address: it must begin with http:// or https://")
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    query = "&".join(item for item in parts.query.split("&") if item and not _TRACKING.match(item))
    return f"https://{host}{port}{parts.path.rstrip('/')}" + (f"?{query}" if query else "")


def normalise(text: str) -> str:
    """What two spellings of a title or a name have in common: NFKC, case folded, letters and digits only."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(filter(str.isalnum, folded))
