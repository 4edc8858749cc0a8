"""The file source, with real files."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.adapters.sources import file as file_module
from newsletter.adapters.sources.file import FileSource
from newsletter.core.jsonl import entry_to_json
from newsletter.core.model import Entry
from newsletter.errors import ConfigError, SourceError
from newsletter.ports import Fetched

NOW = datetime(2025, 10, 2, tzinfo=UTC)
SAMPLES = Path(__file__).parents[1] / "samples"
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


async def test_csv_is_known_by_its_name() -> None:
    """The header names the keys in any case and order; lists are parted by semicolons; a bad row is a
    problem with the line that it ends on."""
    path = SAMPLES / "entries.csv"
    fetched = await FileSource("list", path, SEARCH).fetch(NOW)
    assert fetched.entries[0] == Entry(
        id="arxiv:2510.01459",
        title="Counting, to ten",
        authors=("Ada Lovelace", "Bo Li"),
        url="https://arxiv.org/abs/2510.01459v1",
        published=NOW,
        upvotes=42,
        categories=("cs.AI", "cs.CL"),
        source="list",
        position=0,
    )
    assert [(entry.title, entry.search) for entry in fetched.entries[1:]] == [
        ("Two lines", "https://huggingface.co/papers?q=Two+lines"),
        ("A bad link", "https://huggingface.co/papers?q=A+bad+link"),
    ]
    assert fetched.problems == (
        f"{path}:5: title: missing or empty; every entry needs one",
        f'{path}:6: upvotes: expected a whole number from 0 to 2147483647, found "lots"',
        f"{path}:7: url: 'ftp://a.org' is not an http or https address; left out",
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "list.csv:1: the first line must name the columns.*it has nothing"),
        ("name,link\n", 'list.csv:1: .* "title" among them .it has name, link'),
        ('"title\n', "list.csv:1: not valid CSV"),
    ],
)
async def test_a_table_without_a_title_column_is_named(tmp_path: Path, content: str, message: str) -> None:
    """It could only be guessed at."""
    path = tmp_path / "list.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=message):
        await FileSource("list", path).fetch(NOW)


async def test_a_broken_row_of_a_table_costs_only_itself(tmp_path: Path) -> None:
    """Too many columns, and quotation marks in the wrong place."""
    path = tmp_path / "list.csv"
    path.write_text('title,url\nOne,,,\n"Tw"o,\nThree,\n', encoding="utf-8")
    fetched = await FileSource("list", path).fetch(NOW)
    assert [entry.title for entry in fetched.entries] == ["Three"]
    assert fetched.problems[0] == f"{path}:2: 4 columns where the header has 2"
    assert fetched.problems[1].startswith(f"{path}:3: not valid CSV")


async def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    """Only files whose names fit count, no hidden ones and no folders; an entry of two files counts once; a
    bad file is a problem."""
    for name, title in (("b.jsonl", "Two"), ("a.jsonl", "One"), ("c.txt", "No"), (".d.jsonl", "Half")):
        (tmp_path / name).write_text(f'{{"title": "{title}"}}\n{{"title": "Both"}}\n', encoding="utf-8")
    (tmp_path / "e.jsonl").mkdir()
    (tmp_path / "f.jsonl").write_bytes(b"\xff\xfe")
    source = FileSource("folder", tmp_path, pattern="*.jsonl")
    fetched = await source.fetch(NOW)
    assert [entry.title for entry in fetched.entries] == ["One", "Both", "Two"]
    assert fetched.problems == (f"{tmp_path / 'f.jsonl'}:1: not UTF-8; save the file as UTF-8",)
    (tmp_path / "aa.jsonl").write_text('{"title": "New"}', encoding="utf-8")
    assert [entry.title for entry in (await source.fetch(NOW)).entries] == ["One", "Both", "New", "Two"]


async def test_an_empty_folder_waits_for_files(tmp_path: Path) -> None:
    """That is no error; a folder in which nothing can be read is one."""
    source = FileSource("folder", tmp_path, pattern="*.txt")
    assert await source.fetch(NOW) == Fetched(())
    (tmp_path / "a.txt").write_bytes(b"nothing here")
    with pytest.raises(SourceError, match=r"a\.txt: no papers found"):
        await source.fetch(NOW)


@pytest.mark.parametrize("pattern", ["../*.txt", "", "a\\b", "/etc/*"])
def test_a_pattern_is_for_names_only(tmp_path: Path, pattern: str) -> None:
    """It cannot lead out of the folder."""
    with pytest.raises(ConfigError, match="pattern of the source 'folder'"):
        FileSource("folder", tmp_path, pattern=pattern)


@pytest.mark.parametrize("search_url", ["https://example.org/?q=", "javascript:{title}", "{title}"])
def test_a_search_address_without_a_place_for_the_title_is_refused(search_url: str) -> None:
    """The message names the key, the source and an example."""
    with pytest.raises(ConfigError, match="search_url of the source 'page'"):
        FileSource("page", SEEDS, search_url)
