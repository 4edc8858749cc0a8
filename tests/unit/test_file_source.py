"""The file source, with real files."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.adapters.sources import file as file_module
from newsletter.adapters.sources.file import FileSource
from newsletter.core.jsonl import entry_to_json
from newsletter.errors import ConfigError, SourceError

NOW = datetime(2025, 10, 2, tzinfo=UTC)
SEEDS = Path(__file__).parents[2] / "seeds" / "papers.txt"
SEARCH = "https://huggingface.co/papers?q={title}"


async def test_a_page_is_read_with_the_name_of_the_source() -> None:
    """Every entry says where it is from and where readers may look for it."""
    fetched = await FileSource("seeds", SEEDS, SEARCH).fetch(NOW)
    assert len(fetched.entries) == 99
    assert fetched.problems == ()
    assert {entry.source for entry in fetched.entries} == {"seeds"}
    assert fetched.entries[9].link == (
        "https://huggingface.co/papers?q=LoRA+vs+Full+Fine-tuning%3A+An+Illusion+of+Equivalence"
    )


async def test_a_file_is_read_anew_each_time(tmp_path: Path) -> None:
    """Two fetches of an unchanged file are equal, and a changed file tells of its change."""
    path = tmp_path / "list.jsonl"
    path.write_text('{"title": "One"}\n', encoding="utf-8")
    source = FileSource("list", path)
    assert await source.fetch(NOW) == await source.fetch(NOW)
    path.write_text('{"title": "Two"}\n', encoding="utf-8")
    assert [entry.title for entry in (await source.fetch(NOW)).entries] == ["Two"]


@pytest.mark.parametrize("suffix", [".jsonl", ".ndjson", ".JSONL"])
async def test_jsonl_is_known_by_its_name(tmp_path: Path, suffix: str) -> None:
    """Good lines are entries, bad ones are problems; a search is only for what has no address."""
    path = tmp_path / f"list{suffix}"
    path.write_bytes(
        (
            '\ufeff{"title": "One\u2028two", "url": "https://a.org"}\r\n\r\n'
            '{"title": 5}\r\n{"title": "A&B {title}"}'
        ).encode()
    )
    fetched = await FileSource("list", path, SEARCH).fetch(NOW)
    assert [entry.title for entry in fetched.entries] == ["One two", "A&B {title}"]
    assert [entry.position for entry in fetched.entries] == [0, 1]
    assert [entry.search for entry in fetched.entries] == [
        None,
        "https://huggingface.co/papers?q=A%26B+%7Btitle%7D",
    ]
    assert fetched.problems == (f"{path}:3: title: expected a text, found 5",)


async def test_what_was_exported_is_imported_the_same(tmp_path: Path) -> None:
    """The seed page, written as JSONL and read again, gives the same entries."""
    entries = (await FileSource("seeds", SEEDS, SEARCH).fetch(NOW)).entries
    path = tmp_path / "export.jsonl"
    path.write_text("".join(json.dumps(entry_to_json(entry)) + "\n" for entry in entries), encoding="utf-8")
    again = await FileSource("seeds", path).fetch(NOW)
    assert again.entries == entries
    assert again.problems == ()
    other = await FileSource("other", path).fetch(NOW)
    assert other.entries == tuple(replace(entry, source="other") for entry in entries)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "page.txt: no such file; mend the path"),
        (b"caf\xe9 \n", "page.txt:1: not UTF-8; save the file as UTF-8"),
        (b"one\ntwo\n\xff\xfe", "page.txt:3: not UTF-8"),
        (b"nothing here\n", "page.txt: no papers found"),
        (b"x" * 2001, "page.txt: larger than"),
    ],
)
async def test_a_file_that_cannot_be_used_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, message: str
) -> None:
    """The message says which file, what is wrong and how to mend it."""
    monkeypatch.setattr(file_module, "_LIMIT", 2000)
    path = tmp_path / "page.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=message):
        await FileSource("page", path).fetch(NOW)


async def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """A path to something else than a file is named too."""
    with pytest.raises(SourceError, match=r"cannot be read .* must be a readable file"):
        await FileSource("page", tmp_path).fetch(NOW)


@pytest.mark.parametrize("search_url", ["https://example.org/?q=", "javascript:{title}", "{title}"])
def test_a_search_address_without_a_place_for_the_title_is_refused(search_url: str) -> None:
    """The message names the key, the source and an example."""
    with pytest.raises(ConfigError, match="search_url of the source 'page'"):
        FileSource("page", SEEDS, search_url)
