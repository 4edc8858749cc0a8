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
from babel.core import get_global
from babel.dates import format_date, format_interval, format_skeleton, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal
from babel.support import Translations

from newsletter.core.phrases import Phrases
from newsletter.errors import ConfigError

__all__ = ["ENGLISH", "Language"]

ENGLISH = "en"
"""What the templates themselves are written in."""
_NUMBER = re.compile(r"\d[\d,]*(?:st|nd|rd|th)?\b")
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
        try:
            locale = Locale.parse(tag, sep="-" if "-" in tag else "_")
        except (UnknownLocaleError, ValueError):
            raise ConfigError(
                f'[newsletter] language: {tag!r} is none; write a tag such as "en" or "pt-BR".'
            ) from None
        files = [file for folder in folders for file in _catalogues(folder / "locale", locale)]
        if not files and locale.language != ENGLISH:
            known = {file.stem for folder in folders for file in (folder / "locale").glob("*.po")}
            raise ConfigError(
                f"[newsletter] language: there are no texts in {tag!r}, only in "
                f"{', '.join(sorted({*known, ENGLISH}))}. To translate them, copy "
                f"templates/base/locale/messages.pot to locale/{tag}.po in the theme's folder."
            )
        texts = Translations()
        for place, file in enumerate(reversed(files)):
            texts = texts.merge(_read(file)) if place else _read(file)
        return cls(tag.replace("_", "-"), locale, texts)

    @property
    def direction(self) -> str:
        """ "ltr" or "rtl"."""
        return self.locale.text_direction

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
            return str(self.texts.gettext(text))
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
            plus=gettext("{title}, plus {topic}"),
            plus_after_end=gettext("{title} Plus {topic}"),
            lowered=english,
            conjunction=" and " if english else "",
            topics={name: gettext(name) for name in topics if name},
        )


def _catalogues(folder: Path, locale: Locale) -> Iterator[Path]:
    """Those for this language, the most particular first; another script is one for other readers."""
    likely = Locale.parse(get_global("likely_subtags").get(locale.language, locale.language))
    alike = locale.script is None or locale.script == likely.script
    names = (str(locale), f"{locale.language}_{locale.script}", *([locale.language] if alike else ()))
    for name in dict.fromkeys(names):
        for file in (folder / f"{name}.po", folder / f"{name.replace('_', '-')}.po"):
            if file.is_file():
                yield file
                break


def _read(file: Path) -> Translations:
    """Raises ConfigError, which names the line, where it is no catalogue or would break a template."""
    try:
        catalogue = read_po(io.BytesIO(file.read_bytes()), abort_invalid=True)
        for message, mistakes in catalogue.check():
            raise ConfigError(f"{file}:{message.lineno}: {mistakes[0]}")
    except (PoFileError, OSError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        line = f":{error.lineno + 1}" if isinstance(error, PoFileError) else ""
        raise ConfigError(f"{file}{line}: cannot be read: {error}") from error
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def _date(day: dt.date) -> dt.date:
    return day.date() if isinstance(day, dt.datetime) else day
