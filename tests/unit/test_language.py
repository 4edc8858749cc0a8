"""Languages: the catalogues that they read, dates and numbers as people write them, broken files."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import ConfigError
from newsletter.render.language import Language

BASE = Path(__file__).parents[2] / "templates/base"
HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
FRIDAY = date(2026, 11, 20)
LEAD = "The lead"
VOTES = ("%(votes)s vote", "%(votes)s votes")
SHIPPED = {tag: Language.load(tag, [BASE]) for tag in ("ar", "de", "en", "zh")}

Own = Callable[..., Path]


@pytest.fixture
def own(tmp_path: Path) -> Own:
    """Makes a theme's folder with a catalogue: `own("de", 'msgid "a"\\nmsgstr "b"\\n')`."""

    def make(tag: str, messages: str, header: str = HEADER) -> Path:
        (tmp_path / "locale").mkdir(exist_ok=True)
        (tmp_path / f"locale/{tag}.po").write_text(header + messages, encoding="utf-8")
        return tmp_path

    return make


def entry(text: str, translation: str) -> str:
    return f'msgid "{text}"\nmsgstr "{translation}"\n\n'


@pytest.mark.parametrize(
    ("tag", "lead", "direction", "start", "end"),
    [
        ("ar", "في الصدارة", "rtl", "right", "left"),
        ("de", "Aufmacher", "ltr", "left", "right"),
        ("en", "The lead", "ltr", "left", "right"),
        ("zh", "头条", "ltr", "left", "right"),
    ],
)
def test_a_language_has_texts_and_a_direction(
    tag: str, lead: str, direction: str, start: str, end: str
) -> None:
    """Four come with the program; Arabic runs from right to left."""
    language = SHIPPED[tag]
    assert (language.tag, language.texts.gettext(LEAD)) == (tag, lead)
    assert (language.direction, language.start, language.end) == (direction, start, end)


@pytest.mark.parametrize(
    ("tag", "number", "day", "weekday", "span", "time"),
    [
        ("ar", "1,234", "الجمعة، 20 نوفمبر 2026", "الجمعة", "16–20 نوفمبر 2026", "7:30 ص"),
        ("de", "1.234", "Freitag, 20. November 2026", "Freitag", "16.–20. Nov. 2026", "07:30"),
        ("en", "1,234", "Friday, November 20, 2026", "Friday", "Nov 16 – 20, 2026", "7:30 AM"),
        ("zh", "1,234", "2026年11月20日星期五", "星期五", "2026年11月16日至20日", "07:30"),
    ],
)
def test_dates_and_numbers_are_written_as_people_do(
    tag: str, number: str, day: str, weekday: str, span: str, time: str
) -> None:
    """Each in the form of its language. Kinds of space do not matter."""
    language = SHIPPED[tag]
    moment = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
    found = (
        language.number(1234),
        language.date(FRIDAY),
        language.weekday(moment),
        language.days(date(2026, 11, 16), moment),
        language.time(moment),
    )
    assert tuple(" ".join(text.split()) for text in found) == (number, day, weekday, span, time)


@pytest.mark.parametrize(
    ("tag", "near", "far"),
    [
        ("ar", "الجمعة", "20 نوفمبر"),
        ("de", "Freitag", "20. November"),
        ("en", "Friday", "November 20"),
        ("zh", "星期五", "11月20日"),
    ],
)
def test_a_day_is_a_weekday_until_its_name_comes_again(tag: str, near: str, far: str) -> None:
    """Six days on it is still "Friday", a week on it has its date."""
    language = SHIPPED[tag]
    assert language.day(FRIDAY, FRIDAY) == language.day(FRIDAY, date(2026, 11, 26)) == near
    assert language.day(FRIDAY, date(2026, 11, 27)) == far
    assert language.day(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 27, tzinfo=UTC)) == far


@pytest.mark.parametrize("tag", ["", "x", "english", "en-XX", "../de", "de@../../x", "de-", "de_DE.UTF-8"])
def test_a_tag_that_names_no_language_is_refused(tag: str) -> None:
    """The error says what a tag looks like."""
    with pytest.raises(ConfigError, match=r"language: .* is none; write a tag such as \"en\" or \"pt-BR\""):
        Language.load(tag, [BASE])


@pytest.mark.parametrize("tag", ["fr", "no", "pt-BR", "zh-Hant", "zh-TW", "zh-HK"])
def test_a_language_without_texts_is_refused(tag: str) -> None:
    """The error lists those that have some, and says where to put others. The texts in simplified characters
    are none for readers of traditional ones."""
    with pytest.raises(
        ConfigError, match=rf"in '{tag}', only in ar, de, en, zh\. .*messages.pot to locale/{tag}.po"
    ):
        Language.load(tag, [BASE])


@pytest.mark.parametrize(
    ("tag", "lead"), [("en-GB", LEAD), ("de_AT", "Aufmacher"), ("zh-Hans", "头条"), ("zh-CN", "头条")]
)
def test_a_region_has_the_texts_of_its_language(tag: str, lead: str) -> None:
    """Also without a catalogue of its own; its tag is written as `lang` attributes want it."""
    language = Language.load(tag, [BASE])
    assert (language.texts.gettext(LEAD), language.tag) == (lead, tag.replace("_", "-"))


@pytest.mark.parametrize("tag", ["pt-BR", "pt_BR", "zh-TW", "zh-Hant", "no"])
def test_a_catalogue_is_found_by_the_tag_of_the_newsletter(own: Own, tag: str) -> None:
    """The file that the error asks for is the one that is read."""
    assert Language.load(tag, [own(tag, entry(LEAD, "own"))]).texts.gettext(LEAD) == "own"


def test_what_a_theme_says_itself_comes_first(own: Own) -> None:
    """Its catalogue wins over the shared one, which says the rest: a copy with a few texts translated hides
    nothing."""
    untranslated = f'msgid "{VOTES[0]}"\nmsgid_plural "{VOTES[1]}"\nmsgstr[0] ""\nmsgstr[1] ""\n'
    folder = own("de", entry(LEAD, "Ganz oben") + entry("Project", "") + untranslated)
    texts = Language.load("de-AT", [folder, BASE]).texts
    assert [texts.gettext(LEAD), texts.gettext("Project")] == ["Ganz oben", "Projekt"]
    assert texts.ngettext(*VOTES, 3) == "%(votes)s Stimmen"


def test_english_can_be_reworded(own: Own) -> None:
    """By a catalogue as any other; what it lacks stays as it is."""
    texts = Language.load("en", [own("en", entry(LEAD, "On top"))]).texts
    assert [texts.gettext(LEAD), texts.gettext("Code")] == ["On top", "Code"]


def test_a_copy_without_a_head_has_the_plural_forms_of_its_language(own: Own) -> None:
    """Polish counts in three, as nobody needs to say."""
    forms = "".join(f'msgstr[{form}] "{word}"\n' for form, word in enumerate(("jeden", "kilka", "wiele")))
    messages = f'msgid "{VOTES[0]}"\nmsgid_plural "{VOTES[1]}"\n{forms}'
    texts = Language.load("pl", [own("pl", messages)]).texts
    assert [texts.ngettext(*VOTES, number) for number in (1, 3, 5, 22)] == [
        "jeden",
        "kilka",
        "wiele",
        "kilka",
    ]


@pytest.mark.parametrize(
    ("messages", "line", "mistake"),
    [
        ('msgid "a"\nmsgstr "b"\nstray words\n', 6, "misformatted"),
        (entry("No. %(number)s", "Nr. %(numer)s"), 4, "numer"),
        (entry("{title}, plus {topic}", "{titel}, dazu {topic}"), 4, "'{titel}' is not in the text"),
        (entry("Code", "Code") + entry("Project", "100 % Projekt"), 7, "'%' is not in the text"),
    ],
)
def test_a_broken_catalogue_is_named_with_its_line(own: Own, messages: str, line: int, mistake: str) -> None:
    """What could not be read, or would break a template, is found when the theme is loaded."""
    with pytest.raises(ConfigError, match=rf"locale/de\.po:{line}: .*{mistake}"):
        Language.load("de", [own("de", messages)])


@pytest.mark.parametrize(
    "header",
    [
        HEADER.replace("utf-8", "utf-99"),
        HEADER.replace("Content", "Plural-Forms: nplurals=2; plural=(n !== 1);\\nContent"),
        HEADER.replace("Content", "Plural-Forms: nplurals=x; plural=0;\\nContent"),
    ],
)
def test_a_catalogue_with_a_broken_head_is_named(own: Own, header: str) -> None:
    """An unknown character set, or plural forms that are none."""
    with pytest.raises(ConfigError, match=r"locale/de\.po: cannot be read: "):
        Language.load("de", [own("de", entry(LEAD, "Oben"), header)])


@pytest.mark.parametrize(
    ("reason", "german"),
    [
        ("1 vote", "1 Stimme"),
        ("1,200 votes", "1.200 Stimmen"),
        ("3rd on the source's page", "Platz 3 auf der Seite der Quelle"),
        ("editor's choice: 2nd house: north", "Wahl der Redaktion: 2nd house: north"),
        ("something else", "something else"),
        ("", ""),
    ],
)
def test_a_reason_is_translated_around_its_numbers_and_names(reason: str, german: str) -> None:
    """What nobody has translated stays as it is."""
    assert SHIPPED["de"].reason(reason) == german
    assert SHIPPED["en"].reason(reason) == reason


@given(
    st.sampled_from(sorted(SHIPPED)),
    st.text() | st.from_regex(r"(\w* ?: ?)?[\d,]{1,40}(st|th)? (votes?|stars|%\(number\)s)?", fullmatch=True),
)
def test_no_reason_is_too_strange(tag: str, reason: str) -> None:
    """Any text is answered with a text, never with the head of a catalogue."""
    assert "Content-Type" not in SHIPPED[tag].reason(reason)
