"""The shipped translations: whole, of the same fields as the texts, and of all that the editor can say."""

import importlib.util
import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from newsletter.adapters.weights import shipped_editor
from newsletter.core.boosts import Boost
from newsletter.core.interest import evidence
from newsletter.core.lexicon import Lexicon
from newsletter.core.model import Entry
from newsletter.core.ranking import Weights, rank
from newsletter.core.topics import topic_names
from newsletter.render.language import Language

ROOT = Path(__file__).parents[2]
BASE = ROOT / "templates/base"
TAGS = sorted(file.stem for file in (BASE / "locale").glob("*.po"))
NOW = datetime(2026, 3, 11, 7, tzinfo=UTC)
FIELD = re.compile(r"%\(\w+\)s|\{\w+\}")
NUMBER = re.compile(r"\d[\d,]*(?:st|nd|rd|th)?")


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """What `make messages` runs."""
    spec = importlib.util.spec_from_file_location("messages", ROOT / "tools/messages.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def said() -> set[str]:
    """Every reason that the editor can give, from rankings of made-up entries."""
    return {reason for entries in days() for reason in reasons(entries)}


def catalogue(tag: str) -> Catalog:
    return read_po(io.BytesIO((BASE / f"locale/{tag}.po").read_bytes()))


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def reasons(entries: list[Entry]) -> set[str]:
    """Those of a day whose readers like a lab, an author and a subject."""
    names = {"organization": "Good Lab", "authors": ("Ada",), "title": "lovely"}
    liked = evidence(Entry(id="", **names), NOW)
    terms = [*liked.organization, *liked.authors, *liked.text]
    interest = Lexicon.of(("interest",), dict.fromkeys(terms, (1.0,)), {})
    boosts = [Boost(weight=1.0, name="house", keywords=("housed",))]
    editor = replace(shipped_editor(), interest=interest)
    return {reason for item in rank(entries, editor, Weights(), NOW, boosts) for reason in item.reasons}


def days() -> list[list[Entry]]:
    """Entries of which each has little to tell, so that all of it is told."""
    ids = map(str, count())

    def made(**fields: object) -> Entry:
        return Entry(**{"id": next(ids), "title": f"No {next(ids)}", **fields})  # type: ignore[arg-type]

    voted = [made(upvotes=votes, listed=NOW - timedelta(hours=votes)) for votes in (1, 5, 1200)]
    discussed = [made(comments=comments) for comments in (6, 9, 12)]
    with_code = [made(code="https://example.org"), made(code="https://example.org", stars=1200)]
    dated = [made(published=NOW), made(published=NOW - timedelta(days=1))]
    named = [made(organization="Good Lab"), made(authors=("Ada",)), made(title="lovely")]
    others = [made(project="https://example.org"), made(title="housed"), made(position=2), made()]
    alike = [made(title="sparse attention for long documents", upvotes=votes) for votes in (40, 41)]
    return [voted, discussed, with_code, dated, named, others, alike]


@pytest.mark.parametrize("tag", TAGS)
def test_every_text_is_translated_in_every_form(tool: ModuleType, tag: str) -> None:
    """No text lacks a translation, and none with a number lacks one of the forms of the language."""
    translated = catalogue(tag)
    for message in tool.template():
        if message.id:
            found = translated.get(message.id, message.context)
            assert found, f"{message.id!r} is not in {tag}.po; `make messages` puts it there"
            plural = isinstance(message.id, tuple)
            assert len(forms(found.string)) == (translated.num_plurals if plural else 1), message.id
            assert all(forms(found.string)), f"{message.id!r} is not translated in {tag}.po"


def test_the_files_are_as_the_tool_writes_them(tool: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """`make messages` has nothing to change, and nothing to say is missing."""
    assert tool.main(check=True) == 0, capsys.readouterr().out


@pytest.mark.parametrize("tag", TAGS)
def test_translations_have_the_fields_of_their_texts(tag: str) -> None:
    """All of them, and no other; only a form for one number alone may leave that number out."""
    translated = catalogue(tag)
    plural = Language.load(tag, [BASE]).texts.plural
    serves = [sum(plural(n) == form for n in range(1000)) for form in range(translated.num_plurals)]
    for message in translated:
        fields = set(FIELD.findall(forms(message.id)[-1]))
        for form, string in enumerate(forms(message.string)):
            found = set(FIELD.findall(string))
            kept = fields if isinstance(message.id, str) or serves[form] > 1 else set()
            assert kept <= found <= fields, string
    assert list(translated.check()) == []


@pytest.mark.parametrize("tag", TAGS)
def test_topics_keep_apart(tag: str) -> None:
    """No two topics have the same name, unless they have it in English as well."""
    names = topic_names(shipped_editor())
    topics = Language.load(tag, [BASE]).phrases(names).topics
    known = {name.casefold(): topics[name] for name in names}
    assert len(set(known.values())) == len(known)


def test_the_reasons_for_translators_are_those_of_the_editor(tool: ModuleType, said: set[str]) -> None:
    """Each of the list can be given, and no other can."""
    told = {NUMBER.sub("%(number)s", reason.partition(": ")[0]) for reason in said}
    assert told - {"%(number)s vote", "%(number)s votes"} == set(tool.REASONS)


@pytest.mark.parametrize("tag", TAGS)
def test_no_reason_stays_english(said: set[str], tag: str) -> None:
    """Whatever the editor says is said in the language of the newsletter, but for names and numbers."""
    language = Language.load(tag, [BASE])
    assert "editor's choice: house" in said
    for reason in said:
        english = set(re.findall(r"[A-Za-z']{2,}", reason)) - {"house", "code"}
        assert not english & set(re.findall(r"[A-Za-z']{2,}", language.reason(reason))), reason


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "لا أوراق بحثية جديدة"),
        (1, "ورقة بحثية جديدة واحدة"),
        (2, "ورقتان بحثيتان جديدتان"),
        (3, "3 أوراق بحثية جديدة"),
        (11, "11 ورقة بحثية جديدة"),
        (100, "100 ورقة بحثية جديدة"),
        (103, "103 أوراق بحثية جديدة"),
    ],
)
def test_arabic_counts_in_six_forms(number: int, words: str) -> None:
    """The noun goes with its number."""
    texts = Language.load("ar", [BASE]).texts
    found = texts.ngettext("%(count)s new paper", "%(count)s new papers", number)
    assert found % {"count": number} == words
