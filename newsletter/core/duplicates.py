"""Whether two entries are the same paper, where their identities do not say so.

    new entry ──title_keys──▶ the few known entries with such a title ──same_paper──▶ one of them, or none

The title is compared first, then the authors, then the abstracts: sequels share authors and most of a title
("X Technical Report", "X 2 Technical Report"), but not their abstracts. In doubt they are two papers. Two
that have arXiv ids, or else DOIs, which differ are always two. Pure, and never all against all.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence

from newsletter.core.identity import arxiv_of, doi_of, is_telling, normalise
from newsletter.core.model import Entry

__all__ = ["belongs", "differ", "same_paper", "title_keys"]

_VERSION = re.compile(r"[\s,:-]*[(\[]?\s*\b(?:v|version |ver\. ?)\d{1,2}\s*[)\]]?\s*$", re.IGNORECASE)
_WORD = re.compile(r"\w+(?:-\w+)*")
_ENDS = 3
"""Words at either end of a title: one of the ends stays the same where one word in a title changes."""
_SHORTEST = 5
"""Words of a title in which one may change."""
_HALF, _MOST = 0.5, 0.8
"""Authors in common, as a share of the shorter list."""
_LONG_ABSTRACT = 25
"""Words; shorter ones tell nothing."""
_ALIKE = 0.6
"""Three-word sequences in common, as a share of the shorter abstract. Two readings of one paper have nearly
all; of 7,414 papers of the Hugging Face list the two most alike with kindred titles have 0.3."""
_SEQUEL = frozenset(
    ("part", "chapter", "volume", "appendix", "supplement", "erratum", "correction", "reply", "comment")
)


def title_keys(entry: Entry) -> tuple[str, ...]:
    """Short keys; two entries may be the same paper by their titles only if they have one in common."""
    return tuple(dict.fromkeys(_title_keys(entry)))


def belongs(key: str, known: Entry, new: Entry) -> bool:
    """Whether the identity `key`, under which one is known and the other comes, makes them one paper: an
    arXiv id always, any other unless a better one differs."""
    if known.id == new.id or key.startswith("arxiv:"):
        return True
    if key.startswith("doi:"):
        return not _clash(arxiv_of(known), arxiv_of(new))
    if key.startswith("hash:") and key != new.id:
        return same_paper(known, new)
    return not differ(known, new)


def differ(one: Entry, other: Entry) -> bool:
    """Whether their identities say that they are two papers."""
    ids = arxiv_of(one), arxiv_of(other)
    return _clash(*ids) if all(ids) else _clash(doi_of(one), doi_of(other))


def _clash(one: str | None, other: str | None) -> bool:
    return bool(one and other and one != other)


def same_paper(one: Entry, other: Entry) -> bool:
    """Whether their titles, authors and abstracts make them one paper."""
    if differ(one, other):
        return False
    if normalise(one.title) == normalise(other.title):
        return is_telling(one.title) and _same_by_title(one, other)
    longer = _is_longer(one.title, other.title) or _is_longer(other.title, one.title)
    if not (longer or _one_word_apart(_words(one.title), _words(other.title))):
        return False
    if not (one.authors and other.authors):
        return _alike(one, other, unknown=False)
    return _in_common(one.authors, other.authors) >= _MOST and _alike(one, other, unknown=longer)


def _same_by_title(one: Entry, other: Entry) -> bool:
    """One title: somebody else may have used it, or the same people every week."""
    elsewhere = not one.source or one.source != other.source
    if one.authors and other.authors:
        shared = _in_common(one.authors, other.authors) >= _HALF
        return _alike(one, other, unknown=shared) or (shared and elsewhere)
    return _alike(one, other, unknown=elsewhere)


def _alike(one: Entry, other: Entry, *, unknown: bool) -> bool:
    """Whether their abstracts are the same text, perhaps cut or revised; `unknown` without two to compare."""
    words = _words(one.summary), _words(other.summary)
    if min(map(len, words)) < _LONG_ABSTRACT:
        return unknown
    first, second = ({*zip(text, text[1:], text[2:], strict=False)} for text in words)
    return len(first & second) >= _ALIKE * min(len(first), len(second))


def _is_longer(title: str, short: str) -> bool:
    """Whether a title is the short one with a subtitle or a version after it."""
    base = _VERSION.sub("", title)
    subtitle = _WORD.findall(base.rpartition(": ")[2].casefold())
    if any(word in _SEQUEL or word.isdecimal() for word in subtitle[:2]):
        return False
    return is_telling(short) and normalise(short) in (normalise(base), normalise(_head(base)))


def _one_word_apart(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether one word was put in, taken out or exchanged; a number makes a sequel."""
    if len(one) > len(other):
        one, other = other, one
    if len(one) < _SHORTEST or len(other) - len(one) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    left, right = one[start:], other[start:]
    same_end = left[1:] == right[1:] if len(one) == len(other) else left == right[1:]
    changed = (*left[:1], *right[:1]) if len(one) == len(other) else right[:1]
    return same_end and not any(map(str.isdecimal, "".join(changed)))


def _in_common(one: Sequence[str], other: Sequence[str]) -> float:
    """Authors in common, as a share of the shorter list; 0 where one is empty."""
    first, second = set(map(_author, one)), set(map(_author, other))
    return len(first & second) / max(1, min(len(first), len(second)))


def _title_keys(entry: Entry) -> Iterator[str]:
    base = _VERSION.sub("", entry.title)
    for title in (entry.title, base, _head(base)):
        if is_telling(title):
            yield _key("title", normalise(title))
    words = _words(base)
    if entry.authors and len(words) >= _SHORTEST:
        lead = _author(entry.authors[0])
        yield _key("start", lead, *words[:_ENDS])
        yield _key("end", lead, *words[-_ENDS:])


def _key(kind: str, *parts: str) -> str:
    digest = hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()
    return f"{kind}:{digest[:24]}"


def _head(title: str) -> str:
    """A title without its subtitle."""
    return title.rpartition(": ")[0] or title


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _author(name: str) -> str:
    """What the spellings of a name have in common: the family name and the first initial, without accents."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    family, comma, given = plain.partition(",")
    if not comma:
        given, _, family = plain.strip().rpartition(" ")
    return normalise(family) + " " + normalise(given)[:1]
