"""newsletter eval, started as a person starts it."""

import gzip
import json
from pathlib import Path

import pytest
from support.commands import newsletter

PAPERS = [
    {"title": f"Robot grasping {n}", "abstract": "Dexterous robots.", "label": "robots", "source": "list"}
    for n in range(4)
] + [
    {"title": f"Speech synthesis {n}", "abstract": "A voice.", "label": "speech", "source": "list"}
    for n in range(4)
]
DAY = [
    {
        "date": "2026-03-11",
        "snapshot_at": "2026-03-11T12:00:00Z",
        "id": f"2603.0000{n}",
        "title": f"Robot grasping {n}",
        "abstract": "Dexterous robots.",
        "authors": ["Ada Lovelace"],
        "upvotes": 10 * n,
        "comments": 0,
        "arxiv_published": "2026-03-10T12:00:00Z",
        "submitted_at": "2026-03-11T01:00:00Z",
        "later": [[12.0, 20 * n, "ly"]],
    }
    for n in range(4)
]
SUMMARIES = [
    {"source": ["We propose a hive.", "It hums."], "target": ["We propose a hive."], "title": "Hives"}
]


def lines(rows: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@pytest.mark.parametrize(
    ("what", "rows", "keys"),
    [
        ("topics", PAPERS, {"sources", "mean_ami", "mean_ari"}),
        (
            "ranking",
            DAY,
            {"days", "cold_spearman", "spearman", "ndcg10", "baseline_spearman", "baseline_ndcg10"},
        ),
        ("summary", SUMMARIES, {"rouge1", "rouge2", "rougeL", "papers"}),
    ],
)
def test_figures_of_a_gzipped_file(
    tmp_path: Path, what: str, rows: list[dict[str, object]], keys: set[str]
) -> None:
    """One JSON object with the documented keys; a table for people without --json."""
    (tmp_path / "data.jsonl.gz").write_bytes(gzip.compress(lines(rows)))
    printed = newsletter("eval", what, "--data", "data.jsonl.gz", "--json", cwd=tmp_path).stdout
    assert set(json.loads(printed)) == keys
    assert newsletter("eval", what, "--data", "data.jsonl.gz", cwd=tmp_path).stdout.strip()


def test_a_line_without_a_label_is_named(tmp_path: Path) -> None:
    """What is missing, in which line; nothing is measured on half of a file."""
    (tmp_path / "data.jsonl").write_bytes(lines([*PAPERS, {"title": "Bees", "abstract": "Hum."}]))
    ended = newsletter("eval", "topics", "--data", "data.jsonl", cwd=tmp_path, code=1)
    assert 'data.jsonl, line 9: "label" is missing.' in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize("content", [b"", b"not JSON\n", b"\x1f\x8bnot gzip", b"\xff\xfe\n"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    """Empty, no JSON, broken gzip or not UTF-8: a sentence that names the file, exit 1."""
    (tmp_path / "data.jsonl").write_bytes(content)
    ended = newsletter("eval", "topics", "--data", "data.jsonl", cwd=tmp_path, code=1)
    assert ended.stderr.startswith("newsletter: data.jsonl")
    assert "Traceback" not in ended.stderr
