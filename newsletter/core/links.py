"""The links in an abstract: found, sorted, and the sentences that only point at them taken out.

A sentence goes when it says nothing but where something is ("Our code is available at https://…") and all of
its links are kept elsewhere; every other sentence stays as it is, links included. "Says nothing but" is meant
strictly: at most `_LONGEST_POINTER` words, one of them a thing to fetch or a verb of publishing, and every
word that is not a name (written with a capital letter) from a closed list.
"""

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from newsletter.core.identity import arxiv_id, canonical_url, web_address

__all__ = ["Links", "classify_links", "drop_pointers", "find_links", "mend_links", "take_links"]

_START = r"(?:https?://|(?<![\w./@:-])(?:www\.|(?:github|gitlab|huggingface)\.com?/))"
_LINK = re.compile(rf"{_START}[^\s<>\"{{}}|^`。，、；：！？）】》」』’”»]{{3,2000}}", re.IGNORECASE)
_GLUED = re.compile(r"(?<=[a-z])(?=https?://)")
_BRACES = r"\s*+\{[^{}]{0,2000}\}"
_BRACED = re.compile(rf"({_START}[^\s{{}}]{{3,2000}}+)((?:{_BRACES}[^\s{{}}]*+)++)", re.IGNORECASE)
_LOOSE_STOP = re.compile(rf"({_START}\S{{3,2000}}+)(?<![.,;]) +(?=[.,;](?:\s|$))", re.IGNORECASE)


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FORGES = _listed("""
    github.com gitlab.com bitbucket.org codeberg.org gitee.com gist.github.com git.sr.ht
""")
_HUB = frozenset(("huggingface.co", "hf.co"))
_HUB_PAGES = _listed("""
    papers blog docs collections spaces learn posts organizations
""")
_PAPER_HOSTS = re.compile(r"(?:.+\.)?(?:arxiv|doi|alphaxiv|openreview)\.(?:org|net)")

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[a-z\d)\]%][.!?])(?=[A-Z][a-z]* )")
_POINTER_WORD = re.compile(r"[\w'’-]+")
_LONGEST_POINTER = 24
_THINGS = _listed("""
    agents artifacts assets benchmark benchmarks checkpoint checkpoints code codebase codes collection
    corpus data dataset datasets demo demonstration demonstrations demos details documentation
    environment environments example examples framework frameworks github homepage implementation
    implementations information instructions leaderboard library link list material materials model
    models outputs package page pages pipeline pipelines platform project projects prompt prompts repo
    repositories repository resource resources result results sample samples script scripts settings
    site software source suite system toolkit tools tutorial url version video videos visualization
    visualizations webpage website websites weight weights
""")
_PUBLISHED = _listed("""
    access accessed accessible avaiable available avaliable download downloaded found hosted maintained
    open-source open-sourced open-sourcing opensource opensourced provide provided public published
    release released releases releasing see shared sourced visit
""")
_SMALL_WORDS = _listed("""
    a additional all also an and are as associated at audio be been by can check community complete
    corresponding could development encourage evaluation experimental experiments explore facilitate
    find fine-tuned for foster free freely full fully further future generated has have here https i in
    inference interactive is it its large live made make more of official on online open or other our
    out paper please pre-trained pretrained promote publicly raw refer related relevant reproduce
    reproducibility research see shall soon sound support that the their them these this through to
    train trained training under up updated us used using via view we web which will with work you
""")
_PLAIN_WORDS = _THINGS | _PUBLISHED | _SMALL_WORDS


class Links(NamedTuple):
    """Where an entry's code is, and its other page."""

    code: str | None
    project: str | None


def take_links(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without the sentences that only point at its code and project, and all links that it had."""
    text = mend_links(text)
    links = find_links(text)
    return drop_pointers(text, [link for link in classify_links(links) if link]), links


def find_links(text: str) -> tuple[str, ...]:
    """The addresses in a text, in order, each once, without the punctuation around them."""
    found = dict.fromkeys(_trim(match[0]) for match in _LINK.finditer(text))
    return tuple(link for link in map(_absolute, found) if link)


def classify_links(links: Iterable[str]) -> Links:
    """`code`: the first repository on a forge, else on Hugging Face; `project`: the first other page.

    Papers and further repositories are neither.
    """
    kinds = [(_kind(link), link) for link in links]
    first = dict(reversed(kinds))
    return Links(first.get("forge") or first.get("hub"), first.get("page"))


def drop_pointers(text: str, kept: Collection[str]) -> str:
    """The text without the sentences that only point at addresses in `kept`; all of it if none were left."""
    same = {_same(link) for link in kept}
    sentences = [part for part in _SENTENCE_END.split(text) if part]
    left = [sentence for sentence in sentences if not _only_points_at(sentence, same)]
    return text if len(left) in (0, len(sentences)) else " ".join(left)


def mend_links(text: str) -> str:
    """The text with its addresses set apart: "athttps://…", "https://… .", "https://…{this link}"."""
    while (mended := _LOOSE_STOP.sub(r"\1", _BRACED.sub(_unbrace, _GLUED.sub(" ", text)))) != text:
        text = mended
    return text


def _unbrace(match: re.Match[str]) -> str:
    return match[1] + re.sub(_BRACES, "", match[2])


def _only_points_at(sentence: str, kept: Collection[str]) -> bool:
    links = find_links(sentence)
    if not links or not all(_same(link) in kept for link in links):
        return False
    spoken = _POINTER_WORD.findall(_LINK.sub(" ", sentence))
    if not spoken:
        return True
    start = spoken[0] if _is_name(spoken[0][1:]) else spoken[0].lower()
    plain = [
        word.lower() for word in (start, *spoken[1:]) if word.lower() in _PLAIN_WORDS or not _is_name(word)
    ]
    says_where = any(word in _THINGS or word in _PUBLISHED for word in plain)
    return len(spoken) <= _LONGEST_POINTER and says_where and all(word in _PLAIN_WORDS for word in plain)


def _is_name(word: str) -> bool:
    return any(map(str.isupper, word))


def _kind(link: str) -> str:
    parts = urlsplit(link)
    host = (parts.hostname or "").removeprefix("www.")
    path = [part for part in parts.path.split("/") if part]
    if host in _FORGES and len(path) > 1:
        return "forge"
    if arxiv_id(link) or _PAPER_HOSTS.fullmatch(host):
        return "paper"
    if host in _HUB and len(path) > 1 and path[0] not in _HUB_PAGES:
        return "hub"
    return "page"


def _trim(link: str) -> str:
    """Without closing punctuation; a closing bracket belongs to the address only if it opens in it."""
    link = link.replace("\\", "")
    while link and (link[-1] in ".,;:!?'*~_" or (link[-1] in ")]" and _unopened(link))):
        link = link[:-1]
    return link


def _unopened(link: str) -> bool:
    opening = {")": "(", "]": "["}[link[-1]]
    return link.count(link[-1]) > link.count(opening)


def _absolute(link: str) -> str | None:
    address = web_address(link if "://" in link else f"https://{link}")
    return address if address and "." in (urlsplit(address).hostname or "") else None


def _same(link: str) -> str:
    """What two spellings of an address have in common."""
    return canonical_url(link).lower().removesuffix(".git")
