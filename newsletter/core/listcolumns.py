"""The columns of a subscriber list: their names, and what a cell of each means."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from zoneinfo import ZoneInfo

from newsletter.core.cleaning import clean_text
from newsletter.core.rhythm import Frequency
from newsletter.errors import InputError

__all__ = [
    "ATTRIBUTES",
    "COLUMNS",
    "EMAIL_NAMES",
    "LISTS",
    "MOST_ATTRIBUTES",
    "RHYTHM",
    "WEEKDAYS",
    "attribute_name",
    "attribute_value",
    "column_name",
    "read_cell",
]

LISTS = ("topics", "keywords", "authors", "muted")
RHYTHM = ("frequency", "weekdays", "hour", "zone", "paused_until")
ATTRIBUTES = "attributes"
COLUMNS = ("email", "name", *LISTS, "tags", *RHYTHM, "language", "status", "created")
"""As they are exported; attributes follow."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

EMAIL_NAMES = (
    *("email", "e mail", "email address", "e mail address", "mail address"),
    *("email adresse", "e mail adresse", "address"),
)
"""The column of the addresses: the first of these that is there."""
_OTHER_NAMES = {
    "full name": "name",
    "topic": "topics",
    "keyword": "keywords",
    "author": "authors",
    "tag": "tags",
    "weekday": "weekdays",
    "time zone": "zone",
    "timezone": "zone",
    "lang": "language",
    "paused until": "paused_until",
} | {column: column for column in (*COLUMNS, ATTRIBUTES)}

MOST_ATTRIBUTES, _LONGEST_NAME, _LONGEST_VALUE = 50, 50, 500
"""Of one person, and characters of one's name and of its value."""
_MOST_TAGS, _LONGEST_TAG = 50, 50
_LONGEST_PERSON_NAME = 200

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}", re.ASCII | re.IGNORECASE)


def column_name(header: str) -> str:
    """What this program calls the column with this header; empty for a header that says nothing.

    >>> column_name(" Time Zone "), column_name("E-Mail"), column_name("Shoe size")
    ('zone', 'e mail', 'shoe size')
    """
    plain = re.sub(r"[\s_-]+", " ", clean_text(header).casefold()).strip()
    if plain in EMAIL_NAMES:
        return plain
    return _OTHER_NAMES.get(plain) or clean_text(clean_text(header).casefold()[:_LONGEST_NAME])


def attribute_name(text: str) -> str:
    """The name of an attribute. Raises InputError for one that a column of ours has."""
    name = column_name(text)
    if not name or name in EMAIL_NAMES or name in (*COLUMNS, ATTRIBUTES):
        raise InputError(f"{clean_text(text)!r} cannot be the name of an attribute.")
    return name


def attribute_value(value: object) -> str:
    """Cleaned and cut; empty for what is no text, number or truth value."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        return ""
    return clean_text(clean_text(str(value))[:_LONGEST_VALUE])


def read_cell(column: str, value: object) -> object:
    """What the cell of this column says, of all columns but the address and attributes. Raises
    InputError."""
    try:
        return _READERS[column](value)
    except InputError as error:
        raise InputError(f"{column}: {error}") from None


def _name(value: object) -> str:
    return clean_text(clean_text(_text(value))[:_LONGEST_PERSON_NAME])


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise InputError("not a text.")
    return value.strip()


def _list(value: object) -> tuple[str, ...]:
    if not value:
        return ()
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InputError("not a list of texts.")
    parts = (part for text in texts for part in text.split(";"))
    return tuple(dict.fromkeys(found for part in parts if (found := clean_text(part))))


def _tags(value: object) -> tuple[str, ...]:
    tags = _list(value)
    if len(tags) > _MOST_TAGS or any(len(tag) > _LONGEST_TAG for tag in tags):
        raise InputError(f"at most {_MOST_TAGS} tags of {_LONGEST_TAG} characters.")
    return tags


def _frequency(value: object) -> Frequency:
    try:
        return Frequency(_text(value).casefold() or Frequency.DAILY)
    except ValueError:
        raise InputError(f'write "daily" or "weekly" (it is {_short(value)}).') from None


def _weekdays(value: object) -> tuple[int, ...]:
    parts = re.split(r"[;,\s]+", value.strip()) if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise InputError("not a list of weekdays.")
    return tuple(sorted({_weekday(part) for part in parts if part}))


def _weekday(value: object) -> int:
    name = value.strip().casefold() if isinstance(value, str) else ""
    for number, whole in enumerate(_WEEK):
        if len(name) >= 3 and whole.startswith(name):
            return number
    raise InputError(f"{_short(value)} is none; write {', '.join(WEEKDAYS)}.")


def _hour(value: object) -> int | None:
    if value == "":
        return None
    hour = int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,2}", value.strip()) else value
    if not isinstance(hour, int) or isinstance(hour, bool) or not 0 <= hour <= 23:
        raise InputError(f"write a number from 0 to 23 (it is {_short(value)}).")
    return hour


def _zone(value: object) -> str:
    name = _text(value)
    try:
        return ZoneInfo(name).key if name else ""
    except (LookupError, ValueError, OSError):
        raise InputError(f'{_short(value)} is none; write a name such as "Europe/Berlin".') from None


def _date(value: object) -> date | None:
    text = _text(value)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(f'write a day such as "2026-03-11" (it is {_short(value)}).') from None


def _language(value: object) -> str:
    """With capitals as RFC 5646, section 2.1.1, writes them."""
    tag = _text(value).replace("_", "-")
    if tag and not _LANGUAGE.fullmatch(tag):
        raise InputError(f'{_short(value)} is none; write a tag such as "de".')
    first, *others = tag.lower().split("-")
    parts = (part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part for part in others)
    return "-".join((first, *parts))


def _short(value: object) -> str:
    return repr(value)[:100]


_READERS: Mapping[str, Callable[[object], object]] = MappingProxyType(
    {
        "name": _name,
        **dict.fromkeys(LISTS, _list),
        "tags": _tags,
        "frequency": _frequency,
        "weekdays": _weekdays,
        "hour": _hour,
        "zone": _zone,
        "paused_until": _date,
        "language": _language,
    }
)
