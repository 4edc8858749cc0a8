"""eval topics, ranking and summary: the editorial quality, measured on labelled data."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from newsletter.adapters.weights import shipped_editor
from newsletter.cli.options import Json
from newsletter.cli.output import print_json, print_table
from newsletter.errors import InputError

__all__ = ["app"]

app = typer.Typer(help="How good the editing is, measured on labelled data.", no_args_is_help=True)

Data = Annotated[
    Path,
    typer.Option("--data", metavar="FILE", help="Labelled papers as JSONL, one a line; may be gzipped."),
]


@app.command()
def topics(data: Data, as_json: Json = False) -> None:
    """Sections against labels made by people: 20 days of 60 papers drawn from each source."""
    from newsletter.evaluation.topics import evaluate_topics

    figures = evaluate_topics(_rows(data, ("title", "abstract", "label", "source")), shipped_editor())
    if as_json:
        print_json(figures)
        return
    rows = [
        (name, str(found["entries"]), *(f"{found[key]:.3f}" for key in ("ami", "ari", "v_measure")))
        for name, found in figures["sources"].items()
    ]
    mean = ("mean", "", f"{figures['mean_ami']:.3f}", f"{figures['mean_ari']:.3f}", "")
    print_table(("SOURCE", "PAPERS", "AMI", "ARI", "V"), [*rows, mean])


@app.command()
def ranking(data: Data, as_json: Json = False) -> None:
    """The order of recorded days against readers' votes: without votes, and with those there were."""
    from newsletter.evaluation.ranking import evaluate_ranking

    keys = ("date", "snapshot_at", "id", "title", "abstract", "upvotes")
    figures = evaluate_ranking(_rows(data, keys), shipped_editor())
    if as_json:
        print_json(figures)
        return
    names = {
        "cold_spearman": "without votes, with the day's votes (Spearman)",
        "spearman": "with votes, with later votes (Spearman)",
        "baseline_spearman": "  by votes alone",
        "ndcg10": "with votes, the best ten by later votes (nDCG)",
        "baseline_ndcg10": "  by votes alone",
    }
    rows = [(words, "-" if figures[key] is None else f"{figures[key]:.3f}") for key, words in names.items()]
    print_table((f"{figures['days']} DAYS", "MEAN"), rows)


@app.command()
def summary(data: Data, as_json: Json = False) -> None:
    """One-line summaries against those by people (SciTLDR's format): ROUGE F1, the best reference counts."""
    from newsletter.evaluation.summary import evaluate_summary

    figures = evaluate_summary(_rows(data, ("source", "target")), shipped_editor())
    if as_json:
        print_json(figures)
        return
    shown = (str(figures["papers"]), *(f"{figures[key]:.1f}" for key in ("rouge1", "rouge2", "rougeL")))
    print_table(("PAPERS", "ROUGE-1", "ROUGE-2", "ROUGE-L"), [shown])


def _rows(file: Path, keys: Sequence[str]) -> list[dict[str, Any]]:
    """The objects of a JSONL file, each with these keys; InputError names the line."""
    rows = []
    for number, line in enumerate(_lines(file), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InputError(f"{file}, line {number}: not JSON ({error}).") from error
        missing = [key for key in keys if not isinstance(row, dict) or key not in row]
        if missing:
            raise InputError(f'{file}, line {number}: "{missing[0]}" is missing.')
        rows.append(row)
    if not rows:
        raise InputError(f"{file}: there is nothing in it.")
    return rows


def _lines(file: Path) -> list[str]:
    try:
        content = file.read_bytes()
        content = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
        return content.decode("utf-8-sig").split("\n")
    except (OSError, EOFError) as error:
        raise InputError(f"{file}: cannot be read ({error}).") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 (byte {error.start}); save it as UTF-8.") from error
