"""The answers of Hugging Face's daily papers API, read by themselves.

    bytes ──▶ items ──mended where they are dicts written as text──▶ papers ──▶ entries

Every field but a few is optional, and those few may be missing too: an item without them is a problem that
names its place, and the rest goes on. The date of an item is when its edition was made, so a paper's date is
`paper.publishedAt`. The order of a day is that of its votes, so only an entry without votes has a position.
"""

import ast
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from newsletter.core.cleaning import read_abstract, read_title
from newsletter.core.feed import Parsed, moment
from newsletter.core.identity import arxiv_id, identify, web_address
from newsletter.core.markup import readable
from newsletter.core.model import Entry
from newsletter.errors import InputError

__all__ = ["parse_daily_papers"]

_LARGEST = 5_000_000
"""Bytes of an answer; a day of 100 papers has about 0.8 million."""
_LARGEST_WRITTEN = 200_000
"""Characters of an item that is written as text."""
_HIGHEST = 2**31 - 1
_ID = re.compile(r"[\w.-]+(?:/\d+)?", re.ASCII)


def parse_daily_papers(content: bytes, *, where: str) -> Parsed:
    """The papers of one answer, in its order; `where` is its address. Places count from 1.

    Raises InputError for an answer that is no list of papers.
    """
    entries: dict[str, Entry] = {}
    problems: list[str] = []
    for number, item in enumerate(_items(content, where), start=1):
        reader = _Reader(f"{where}: item {number}")
        try:
            entry = reader.entry(item)
        except InputError as error:
            problems.append(str(error))
        else:
            place = number - 1 if entry.upvotes is None else None
            entries.setdefault(entry.id, replace(entry, position=place))
            problems += reader.problems
    return Parsed(tuple(entries.values()), tuple(problems))


def _items(content: bytes, where: str) -> list[object]:
    if len(content) > _LARGEST:
        raise InputError(f"{where}: larger than {_LARGEST // 1_000_000} MB; such an answer is not read")
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON that can be read: {error}") from error
    if isinstance(answer, dict) and isinstance(answer.get("error"), str):
        raise InputError(f"{where}: the server says {readable(answer['error'])[:200]!r}")
    if not isinstance(answer, list):
        raise InputError(f"{where}: expected a list of papers, found {_kind(answer)}")
    return answer


class _Reader:
    """Reads one item and remembers what it left out."""

    def __init__(self, where: str) -> None:
        self._where = where
        self.problems: list[str] = []

    def entry(self, item: object) -> Entry:
        """Raises InputError for an item that is no paper."""
        outer = self._mended(item, "the item")
        paper = self._mended(outer.get("paper"), "paper")
        title = readable(read_title(self._required(paper, "title", str) or ""))
        name = self._required(paper, "id", str) or ""
        for key, is_usable in (("id", bool(_ID.fullmatch(name))), ("title", bool(title))):
            if not is_usable:
                raise InputError(f"{self._where}: {key} is {_kind(paper.get(key))}; left out")
        found = arxiv_id(name)
        page = f"https://huggingface.co/papers/{quote(found or name)}"
        code, project = self._link(paper, "githubRepo"), self._link(paper, "projectPage")
        summary = readable(self._required(paper, "summary", str) or "")
        abstract = read_abstract(summary, code=code, project=project)
        published = self._required(paper, "publishedAt", str)
        listed = paper.get("submittedOnDailyAt")
        return Entry(
            id=identify(title=title, url=page, arxiv=name),
            title=title,
            summary=abstract.text,
            tldr=next(iter(self._texts([paper.get("ai_summary")])), None),
            authors=tuple(self._authors(paper)),
            url=f"https://arxiv.org/abs/{found}" if found else page,
            published=self._known("publishedAt", published, moment(published or "")),
            listed=self._known(
                "submittedOnDailyAt", listed, moment(listed if isinstance(listed, str) else "")
            ),
            upvotes=self._count(paper, "upvotes", required=True),
            comments=self._count(outer, "numComments", required=True),
            stars=self._count(paper, "githubStars"),
            code=abstract.code,
            project=abstract.project,
            discussion=page,
            keywords=tuple(self._texts(paper.get("ai_keywords"))),
            organization=self._organization(paper) or self._organization(outer),
        )

    def _mended(self, value: object, name: str) -> dict[str, Any]:
        """The object; one that is written as text, as JSON or as Python, is read."""
        found = _decoded(value) if isinstance(value, str) else value
        if not isinstance(found, dict):
            raise InputError(f"{self._where}: {name} is {_kind(value)}, not an object; left out")
        return found

    def _required(self, owner: dict[str, Any], key: str, kind: type[Any]) -> Any:
        value = owner.get(key)
        if isinstance(value, kind) and not isinstance(value, bool):
            return value
        self.problems.append(f"{self._where}: {key} is {_kind(value)}")
        return None

    def _count(self, owner: dict[str, Any], key: str, *, required: bool = False) -> int | None:
        value = self._required(owner, key, int) if required else owner.get(key)
        is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _HIGHEST
        count: int | None = self._known(key, value, value if is_count else None)
        return count

    def _authors(self, paper: dict[str, Any]) -> list[str]:
        """Names; whoever is hidden is left out."""
        people = self._required(paper, "authors", list) or []
        names = [person for person in people if isinstance(person, dict) and not person.get("hidden")]
        return self._texts([person.get("name") for person in names])

    def _texts(self, values: object) -> list[str]:
        texts = [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
        return list(dict.fromkeys(filter(None, map(readable, texts))))

    def _link(self, owner: dict[str, Any], key: str) -> str | None:
        value = owner.get(key)
        link: str | None = self._known(key, value, web_address(value) if isinstance(value, str) else None)
        return link

    def _organization(self, owner: dict[str, Any]) -> str | None:
        organization = owner.get("organization")
        names = (
            [organization.get(key) for key in ("fullname", "name")] if isinstance(organization, dict) else []
        )
        return next(iter(self._texts(names)), None)

    def _known(self, key: str, value: object, found: Any) -> Any:
        """`found`, and a problem where there is a value that nothing was found in."""
        if found is None and value not in (None, ""):
            self.problems.append(f"{self._where}: {key} is {_kind(value)}, which cannot be used; left out")
        return found


def _decoded(text: str) -> object:
    """What a text writes down, as JSON or as a literal of Python; None where it is neither."""
    if len(text) > _LARGEST_WRITTEN:
        return None
    readers: tuple[Callable[[str], object], ...] = (json.loads, ast.literal_eval)
    for read in readers:
        try:
            return read(text)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            continue
    return None


def _kind(value: object) -> str:
    """What a value is, with the value where it is short."""
    if value is None:
        return "missing"
    for kind, name in ((dict, "an object"), (list, "a list")):
        if isinstance(value, kind):
            return name
    shown = readable(str(value))
    return repr(shown if len(shown) <= 60 else shown[:60] + "…")
