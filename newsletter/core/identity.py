"""Who an entry is: the same id from every source, for every version, on every day.

In the order of trust: an arXiv id in any notation (`arxiv:2510.01459`), the canonical address of its page,
a hash of its title and authors (`hash:…`). An entry has one id, and may be known under further identities;
whether entries that share one, or a title, are the same paper is decided in `core.duplicates`.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from newsletter.core.model import Entry
from newsletter.errors import InputError

__all__ = [
    "arxiv_id",
    "arxiv_of",
    "canonical_id",
    "canonical_url",
    "doi_name",
    "doi_of",
    "identify",
    "identities",
    "is_telling",
    "normalise",
    "web_address",
]

_remembered = lru_cache(maxsize=4096)
"""One paper's addresses and names are looked at several times in a row."""

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
_DOI = re.compile(r"(?:doi:\s*)?(10\.\d{4,9}/[^\s\"]+?)[.,;]*", re.IGNORECASE | re.ASCII)
_DOI_HOSTS = ("doi.org", "dx.doi.org", "www.doi.org")
_TRACKING = re.compile(
    r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_hs\w+|ref_src)(?:=|$)", re.I
)
_TELLING = 20
"""Letters and digits: enough for "Attention Is All You Need" (21), too many for "Technical Report" (15)."""
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
    return _hash(title, authors)


def identities(entry: Entry) -> tuple[str, ...]:
    """Every key under which this entry may be known, its id first.

    The addresses of code and project are none: two papers may share a repository. Neither is the front
    page of a site, nor a hash of a title that says too little or has no authors.
    """
    return tuple(dict.fromkeys(_identities(entry)))


def _identities(entry: Entry) -> Iterator[str]:
    yield entry.id
    if found := arxiv_of(entry):
        yield f"arxiv:{found}"
    if name := doi_of(entry):
        yield f"doi:{name}"
    shared = {canonical_url(page) for page in (entry.code, entry.project) if page and web_address(page)}
    for page in _pages(entry):
        if not arxiv_id(page) and not doi_name(page):
            address = canonical_url(page)
            if address not in shared and address.count("/") > 2:
                yield address
    if entry.authors and is_telling(entry.title):
        yield _hash(entry.title, entry.authors)


def arxiv_of(entry: Entry) -> str | None:
    """The arXiv id of an entry without its version: of its id, its page, its DOI, its other pages."""
    notations = (entry.id, entry.url, entry.doi, *entry.links, entry.discussion)
    return next(filter(None, (arxiv_id(text) for text in notations if text)), None)


def doi_of(entry: Entry) -> str | None:
    """The DOI that a publisher gave an entry, in lower case; those of arXiv are arXiv ids."""
    notations = (entry.doi, entry.id, entry.url, *entry.links)
    names = (doi_name(text) for text in notations if text)
    return next((name for name in names if name and not arxiv_id(name)), None)


def _pages(entry: Entry) -> list[str]:
    return [page for page in (entry.url, *entry.links) if page and web_address(page)]


def is_telling(title: str) -> bool:
    """Whether a title says enough to know a paper by it: not "Editorial", not "Technical Report"."""
    return len(normalise(title)) >= _TELLING


def _hash(title: str, authors: Iterable[str]) -> str:
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


@_remembered
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


@_remembered
def doi_name(text: str) -> str | None:
    """The DOI in lower case without its resolver, or None: from a DOI, with or without `doi:`, or an
    address of doi.org."""
    text = text.strip()
    address = web_address(text)
    if address:
        parts = urlsplit(address)
        if parts.hostname not in _DOI_HOSTS:
            return None
        text = unquote(parts.path).strip("/")
    match = _DOI.fullmatch(text)
    return match[1].lower() if match else None


@_remembered
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


@_remembered
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


@_remembered
def normalise(text: str) -> str:
    """What two spellings of a title or a name have in common: NFKC, case folded, letters and digits only."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(filter(str.isalnum, folded))
