"""Entries as JSON, one object a line: reading what others wrote, writing what we know.

Reading is forgiving where nothing is lost by it: unknown keys are passed over, null is the same as a
missing key, a `published` without an offset is UTC, an id is made from the rest where there is none. An
object that is no entry is an InputError that names file, line and key; a link that cannot be followed is
one too, but costs only the link.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from newsletter.core.cleaning import clean_text, read_abstract, read_title
from newsletter.core.identity import canonical_id, doi_name, identify, web_address
from newsletter.core.model import Entry
from newsletter.errors import InputError

__all__ = ["entry_from_json", "entry_to_json", "parse_entries_jsonl", "read_entry"]

_LARGEST = 2**31 - 1
_ALWAYS = ("id", "title", "summary", "authors", "url", "published")
_IN_ORDER = (
    *_ALWAYS,
    *("tldr", "doi", "links", "listed", "upvotes", "comments", "stars", "code", "project", "discussion"),
    "search",
    *("categories", "keywords", "organization", "source", "position", "first_seen"),
)


def parse_entries_jsonl(
    lines: Iterable[str], *, name: str
) -> tuple[tuple[Entry, ...], tuple[InputError, ...]]:
    """The entries of a JSONL file, in order, and what is wrong with the others; `name` is the file's."""
    entries: list[Entry] = []
    problems: list[InputError] = []
    for number, line in enumerate(lines, start=1):
        text = line.lstrip("\ufeff").strip() if number == 1 else line.strip()
        if text:
            where = f"{name}:{number}"
            try:
                entry, links = _read(_decode(text, where), where)
            except InputError as problem:
                problems.append(problem)
            else:
                entries.append(entry)
                problems += links
    return tuple(entries), tuple(problems)


def entry_from_json(obj: object, where: str) -> Entry:
    """One entry from a decoded object; links that are not http or https are left out.

    Raises InputError, which begins with `where` and names the key, for what is no entry.
    """
    return _read(obj, where)[0]


def read_entry(obj: object, where: str) -> tuple[Entry, list[InputError]]:
    """The same, with what is wrong with the links that were left out."""
    return _read(obj, where)


def entry_to_json(entry: Entry) -> dict[str, object]:
    """The entry with its keys in a fixed order, without those that it knows nothing of."""
    known = {key: _plain(getattr(entry, key)) for key in _IN_ORDER}
    return {key: value for key, value in known.items() if key in _ALWAYS or value not in (None, [], "")}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _decode(text: str, where: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{where}: not JSON: {error.msg} at column {error.colno}; one object a line"
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON that can be read: {error}") from error


def _read(obj: object, where: str) -> tuple[Entry, list[InputError]]:
    if not isinstance(obj, dict):
        raise InputError(f'{where}: expected an object such as {{"title": "…"}}, found {_kind(obj)}')
    fields = _Fields(obj, where)
    title = read_title(fields.text("title"))
    if not title:
        raise InputError(f"{where}: title: missing or empty; every entry needs one")
    url = fields.link("url")
    code, project = fields.link("code"), fields.link("project")
    abstract = read_abstract(fields.text("summary"), code=code, project=project)
    entry = Entry(
        id=_id(fields, title, url),
        title=title,
        summary=abstract.text,
        tldr=clean_text(fields.text("tldr")) or None,
        authors=fields.names("authors"),
        url=url,
        doi=fields.doi("doi"),
        links=fields.links("links"),
        published=fields.time("published"),
        listed=fields.time("listed"),
        upvotes=fields.count("upvotes"),
        comments=fields.count("comments"),
        stars=fields.count("stars"),
        code=abstract.code,
        project=abstract.project,
        discussion=fields.link("discussion"),
        search=fields.link("search"),
        categories=fields.names("categories"),
        keywords=fields.names("keywords"),
        organization=clean_text(fields.text("organization")) or None,
        source=clean_text(fields.text("source")),
        position=fields.count("position"),
        first_seen=fields.time("first_seen"),
    )
    return entry, fields.problems


def _id(fields: "_Fields", title: str, url: str | None) -> str:
    written = clean_text(fields.text("id"))
    return (
        canonical_id(written) if written else identify(title=title, authors=fields.names("authors"), url=url)
    )


class _Fields:
    """The values of one object by key and type; a wrong type is an InputError that names the key."""

    def __init__(self, values: Mapping[str, object], where: str) -> None:
        self._values = values
        self._where = where
        self.problems: list[InputError] = []

    def text(self, key: str) -> str:
        value = self._values.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self._wrong(key, "a text", value)
        return value

    def link(self, key: str) -> str | None:
        text = clean_text(self.text(key))
        return self._known(key, text, web_address(text), "an http or https address")

    def links(self, key: str) -> tuple[str, ...]:
        texts = self.names(key)
        found = (self._known(key, text, web_address(text), "an http or https address") for text in texts)
        return tuple(dict.fromkeys(filter(None, found)))

    def doi(self, key: str) -> str | None:
        text = clean_text(self.text(key))
        return self._known(key, text, doi_name(text), "a DOI such as 10.1145/3292500")

    def _known(self, key: str, text: str, found: str | None, wanted: str) -> str | None:
        if text and not found:
            self.problems.append(
                InputError(f"{self._where}: {key}: {text[:100]!r} is not {wanted}; left out")
            )
        return found

    def names(self, key: str) -> tuple[str, ...]:
        value = self._values.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self._wrong(key, "a list of texts", value)
        for item in value:
            if not isinstance(item, str):
                raise self._wrong(key, "a list of texts", item)
        return tuple(filter(None, map(clean_text, value)))

    def count(self, key: str) -> int | None:
        value = self._values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
            raise self._wrong(key, f"a whole number from 0 to {_LARGEST}", value)
        return value

    def time(self, key: str) -> datetime | None:
        text = self.text(key)
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self._wrong(key, "an ISO 8601 time such as 2025-10-02T08:00:00Z", text) from error

    def _wrong(self, key: str, wanted: str, found: object) -> InputError:
        return InputError(f"{self._where}: {key}: expected {wanted}, found {_kind(found)}")


def _kind(value: object) -> str:
    """What a JSON value is, with the value where it is short."""
    for kind, name in ((dict, "an object"), (list, "a list"), (type(None), "null")):
        if isinstance(value, kind):
            return name
    shown = str(value) if isinstance(value, float) else clean_text(json.dumps(value, ensure_ascii=False))
    return shown if len(shown) <= 60 else shown[:60] + "…"
