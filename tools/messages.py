"""Collects every fixed text into templates/base/locale/messages.pot, and brings the catalogues up to it.

    python tools/messages.py            (make messages)
    python tools/messages.py --check    exits 1 where a file would change or a text is not translated

Texts come from the templates of themes and web pages, from what the program itself says in an email, and from
the names that the editor gives to sections.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from newsletter.adapters.weights import shipped_editor
from newsletter.core.topics import topic_names

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "templates/base/locale"
SOURCES = (
    ("jinja2.ext:babel_extract", "templates", ("*.mjml", "*.txt", "*.jinja")),
    ("jinja2.ext:babel_extract", "newsletter/web/templates/site", ("*.html", "*.jinja")),
    ("python", "newsletter/render", ("*.py",)),
    ("python", "newsletter/web", ("*.py",)),
)
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
REASONS = (
    "%(number)s on the source's page",
    "by authors whose papers readers like",
    "close to a paper above it",
    "code with %(number)s stars",
    "editor's choice",
    "fastest-growing today",
    "from a lab whose papers readers like",
    "has a project page",
    "has code",
    "judged by its text alone",
    "most discussed today",
    "most votes today",
    "much discussed",
    "posted today",
    "posted yesterday",
    "the kind of paper that readers like",
)
"""As `core.reasons` and `core.ranking` say them, with numbers left open."""
HEADER = "# The fixed texts of emails and web pages, and the names of topics."


def texts() -> Iterator[tuple[str | tuple[str, str], str | None, str, list[str]]]:
    """Each text, or singular and plural, its context, the file that has it, what is said to translators."""
    for method, folder, patterns in SOURCES:
        for file in sorted(found for pattern in patterns for found in (ROOT / folder).rglob(pattern)):
            with file.open("rb") as stream:
                for _, message, comments, context in extract(
                    method, stream, KEYWORDS, ("Translators:",), {"newstyle_gettext": "true"}
                ):
                    yield message, context, file.relative_to(ROOT).as_posix(), comments
    yield ("%(number)s vote", "%(number)s votes"), None, "newsletter/core/reasons.py", []
    for reason in REASONS:
        yield reason, None, "newsletter/core/reasons.py", ["Why a paper has its place."]
    for name in topic_names(shipped_editor()):
        if name == name.lower():  # a name for machines, which no section gets before one for people
            continue
        yield name, None, "newsletter/core/topics.py", ["The name of a topic, above a section."]


def template() -> Catalog:
    """All texts, none translated."""
    catalogue = Catalog(
        project="newsletter", version="1", charset="utf-8", header_comment=HEADER, fuzzy=False
    )
    for message, context, file, comments in texts():
        catalogue.add(message, None, [(file, 0)], auto_comments=comments, context=context)
    return catalogue


def written(catalogue: Catalog) -> bytes:
    """As it is kept: the same texts give the same bytes on every day."""
    stream = io.BytesIO()
    write_po(stream, catalogue, width=100, include_lineno=False, ignore_obsolete=True, omit_header=False)
    lines = stream.getvalue().splitlines(keepends=True)
    dated = (
        b'"POT-Creation-Date',
        b'"PO-Revision-Date',
        b'"Generated-By',
        b'"Last-Tr',
        b'"Language-Team',
        b'"Report-Msgid',
    )
    return b"".join(line for line in lines if not line.startswith(dated))


def main(*, check: bool) -> int:
    """Write the files, or say what is amiss."""
    newest = template()
    files = {LOCALE / "messages.pot": written(newest)}
    amiss: list[str] = []
    for file in sorted(LOCALE.glob("*.po")):
        catalogue = read_po(io.BytesIO(file.read_bytes()))
        catalogue.project, catalogue.version = newest.project, newest.version
        catalogue.update(newest, no_fuzzy_matching=True, update_creation_date=False)
        files[file] = written(catalogue)
        missing = [message.id for message in catalogue if message.id and not all(_strings(message.string))]
        amiss += [f"{file.name}: not translated: {message!r}" for message in missing]
    for file, content in files.items():
        if check and (not file.is_file() or file.read_bytes() != content):
            amiss.append(f"{file.relative_to(ROOT)}: not up to date; `make messages` brings it there")
        elif not check:
            file.write_bytes(content)
    print("\n".join(amiss) or f"{len(newest)} texts in {len(files) - 1} languages")
    return 1 if check and amiss else 0


def _strings(string: str | tuple[str, ...] | None) -> tuple[str | None, ...]:
    return string if isinstance(string, tuple) else (string,)


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv))
