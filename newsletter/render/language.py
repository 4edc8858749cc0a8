"""A language: the catalogue of fixed texts, dates and numbers as people write them, the direction of writing.

The fixed texts stand in English in the templates, their translations in gettext catalogues: `locale/<tag>.po`
in the folder of a theme or in `base`. What a catalogue lacks stays in English.
"""

import datetime as dt
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from babel import Locale, UnknownLocaleError
from babel.core import get_global, parse_locale
from babel.dates import format_date, format_interval, format_skeleton, format_time
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal
from babel.support import Translations

from newsletter.core.phrases import Phrases
from newsletter.errors import ConfigError

__all__ = ["ENGLISH", "Language", "languages_in"]

ENGLISH = "en"
"""What the templates themselves are written in."""
_TAG = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*")
_NUMBER = re.compile(r"\d[\d,]{0,20}(?:st|nd|rd|th)?\b")
_FIELD = re.compile(r"%\(\w+\)s|\{\w+\}|[%{}]")
"""What is filled in later, or would be taken for it."""
_VOTES = ("%(number)s vote", "%(number)s votes")
_NEAR = 6
"""Days within which a day is called by its weekday alone."""


@dataclass(frozen=True)
class Language:
    """One language, ready for templates: they know it as `language`, and its texts as `_` and `ngettext`."""

    tag: str
    """As in `lang` attributes: "en", "pt-BR"."""
    locale: Locale
    texts: Translations

    @classmethod
    def load(cls, tag: str, folders: Sequence[Path] = ()) -> Self:
        """The language of this tag, with the catalogues in `folders`, of which the first wins. Raises
        ConfigError where there is no such language, or where nobody has translated anything into it."""
        locale = _locale(tag)
        files = [file for folder in folders for file in _catalogues(folder / "locale", tag, locale)]
        if not files and locale.language != ENGLISH:
            raise ConfigError(
                f"[newsletter] language: there are no texts in {tag!r}, only in "
                f"{', '.join(languages_in(folders))}. To translate them, copy "
                f"templates/base/locale/messages.pot to locale/{tag}.po in the theme's folder."
            )
        texts = Translations()
        for place, file in enumerate(reversed(files)):
            texts = texts.merge(_read(file, locale)) if place else _read(file, locale)
        return cls(tag.replace("_", "-"), locale, texts)

    @property
    def name(self) -> str:
        """What it calls itself: "Deutsch"."""
        return self.locale.display_name or self.tag

    @property
    def direction(self) -> str:
        """ "ltr" or "rtl"."""
        return self.locale.text_direction

    @property
    def slants(self) -> bool:
        """Whether it is written in letters that may be italic, and set wide."""
        return self.direction == "ltr" and self.locale.language not in ("ja", "ko", "zh")

    @property
    def start(self) -> str:
        """The side on which lines begin, as style sheets call it: "left" or "right"."""
        return "right" if self.direction == "rtl" else "left"

    @property
    def end(self) -> str:
        """The side on which lines end."""
        return "left" if self.direction == "rtl" else "right"

    def number(self, value: int) -> str:
        """With the separators of the language."""
        return format_decimal(value, locale=self.locale)

    def date(self, day: dt.date) -> str:
        """With weekday and year: "Friday, November 20, 2026"."""
        return format_date(day, "full", locale=self.locale)

    def month(self, day: dt.date) -> str:
        """With its year: "November 2026"."""
        return format_skeleton("yMMMM", day, locale=self.locale)

    def weekday(self, day: dt.date) -> str:
        """By its name: "Friday"."""
        return format_date(day, "EEEE", locale=self.locale)

    def day(self, day: dt.date, seen_from: dt.date) -> str:
        """As one speaks of a day not long ago: "Friday", else "November 20"."""
        near = abs((_date(seen_from) - _date(day)).days) <= _NEAR
        return self.weekday(day) if near else format_skeleton("MMMMd", day, locale=self.locale)

    def days(self, first: dt.date, last: dt.date) -> str:
        """From one day to another: "Nov 16 – 20, 2026"."""
        return format_interval(_date(first), _date(last), "yMMMd", locale=self.locale)

    def time(self, moment: dt.datetime) -> str:
        """To the minute: "7:30 AM"."""
        return format_time(moment, "short", locale=self.locale)

    def reason(self, text: str) -> str:
        """A reason of the editor's, which the core gives in English: "49 votes", "has code"."""
        what, colon, name = text.partition(": ")
        if colon:
            return f"{self.reason(what)}: {name}"
        found = _NUMBER.search(text)
        if self.locale.language == ENGLISH or not found:
            return str(self.texts.gettext(text)) if text else ""
        number = int(re.sub(r"\D", "", found[0]))
        pattern = f"{text[: found.start()]}%(number)s{text[found.end() :]}"
        if pattern in _VOTES:
            pattern = self.texts.ngettext(*_VOTES, number)
        return str(self.texts.gettext(pattern)).replace("%(number)s", self.number(number))

    def phrases(self, topics: Iterable[str]) -> Phrases:
        """The words of subjects and sections; `topics` are the names that the editor knows."""
        gettext = self.texts.gettext
        english = self.locale.language == ENGLISH
        return Phrases(
            week=gettext("The week: {subject}"),
            plus=gettext("{title}, plus {topic}"),
            plus_after_end=gettext("{title} Plus {topic}"),
            lowered=english,
            conjunction=" and " if english else "",
            topics={name: gettext(name) for name in topics if name},
        )


def languages_in(folders: Sequence[Path]) -> tuple[str, ...]:
    """The tags of those that somebody has translated the texts into, English with them."""
    files = (file for folder in folders for file in (folder / "locale").glob("*.po"))
    return tuple(sorted({file.stem.replace("_", "-") for file in files} | {ENGLISH}))


def _locale(tag: str) -> Locale:
    try:
        if _TAG.fullmatch(tag):
            return Locale.parse(tag, sep="-" if "-" in tag else "_")
    except (UnknownLocaleError, ValueError):
        pass
    raise ConfigError(f'[newsletter] language: {tag!r} is none; write a tag such as "en" or "pt-BR".')


def _catalogues(folder: Path, tag: str, locale: Locale) -> Iterator[Path]:
    """Those for this language, the most particular first; another script is one for other readers."""
    usual = parse_locale(get_global("likely_subtags").get(locale.language, locale.language))[2]
    names = [tag.replace("-", "_"), str(locale)]
    if locale.script:
        names.append(f"{locale.language}_{locale.script}")
    if locale.script in (None, usual):
        names.append(locale.language)
    for name in dict.fromkeys(names):
        for file in (folder / f"{name}.po", folder / f"{name.replace('_', '-')}.po"):
            if file.is_file():
                yield file
                break


def _read(file: Path, locale: Locale) -> Translations:
    """With the plural forms of `locale` where its head gives none. Raises ConfigError, which names the line,
    where it is no catalogue or would break a template."""
    try:
        catalogue = read_po(io.BytesIO(file.read_bytes()), locale, abort_invalid=True)
        mistakes = list(_mistakes(catalogue))
        compiled = _compiled(catalogue)
    except PoFileError as error:
        reason = str(error).rpartition(" on ")[0]  # without the line, which is counted from 0
        raise ConfigError(f"{file}:{error.lineno + 1}: {reason}") from error
    except (OSError, ValueError, LookupError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error
    for line, mistake in mistakes:
        raise ConfigError(f"{file}:{line}: {mistake}")
    return compiled


def _mistakes(catalogue: Catalog) -> Iterator[tuple[int | None, str]]:
    """Where a translation does not fit its text."""
    for message, mistakes in catalogue.check():
        yield message.lineno, str(mistakes[0])
    for message in filter(lambda message: message.id, catalogue):
        known = {field for text in _forms(message.id) for field in _FIELD.findall(text)}
        for field in (field for text in _forms(message.string) for field in _FIELD.findall(text)):
            if field not in known:
                yield message.lineno, f"{field!r} is not in the text that this translates"


def _compiled(catalogue: Catalog) -> Translations:
    """Without what is not translated, which would hide the translation of another catalogue."""
    for message in list(catalogue):
        if message.id and not all(_forms(message.string)):
            catalogue.delete(message.id, message.context)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def _forms(text: str | Sequence[str] | None) -> Sequence[str]:
    """A singular with its plurals, or a text that has none."""
    return (text or "",) if text is None or isinstance(text, str) else text


def _date(day: dt.date) -> dt.date:
    return day.date() if isinstance(day, dt.datetime) else day
