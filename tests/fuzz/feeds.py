"""Every parser of sources on damaged input: no error but the announced ones, and limits that hold.

    python tests/fuzz/feeds.py --count 10000 --seed 1

Takes the samples beside it, changes them in bytes and in structure, and reads each result with the parser
that would get it. A failure is an exception that is neither InputError nor SourceError, more than 5 s of
processor time, or more than 256 MB. Here the parsers run in this process, because that is quicker; a feed
that goes over the limits is read again in a process of its own, as the sources do, and counts as stopped if
that one ends it. Prints one JSON object; its `failures` hold what is needed to see one
again. The same seed makes the same input.
"""

import argparse
import asyncio
import json
import random
import re
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from newsletter.adapters.sources.feedprocess import read_apart
from newsletter.adapters.sources.feedreader import read_feed
from newsletter.core.arxiv import parse_arxiv, refusal
from newsletter.core.entrytable import parse_entries_csv
from newsletter.core.feed import Parsed, entry_from_item, parse_items
from newsletter.core.huggingface import parse_daily_papers
from newsletter.errors import InputError, SourceError

SAMPLES = Path(__file__).parents[1] / "samples"
WHERE = "https://feeds.example.org/all.xml"
SECONDS = 5
MEGABYTES = 256

_PIECES = [
    *(b"<", b">", b"&", b"&nbsp;", b"&#0;", b"&#xD800;", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<?", b'"'),
    *(b"{", b"}", b"[", b"]", b",", b"null", b"-1", b"1e999", b"NaN", b'"\\ud800"', b"\\", b"$", b"%s", b";"),
    *(
        b"\0",
        b"\x1b",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xc3",
        "\u202e\U0001f600".encode(),
        b"\r\n",
        b" " * 999,
    ),
    *(
        b"javascript:",
        b"file:///etc/passwd",
        b"http://[",
        b"//",
        b"9" * 5000,
        b"a." * 500,
        b"2025-13-45T99:99Z",
    ),
    *(b"<item>", b"</item>", b"<entry>", b"</rss>", b"<title>", b"<x " + b"a='1' " * 99 + b">", b"<b>" * 150),
    *(b' xml:base="%00"', b'<!DOCTYPE a [<!ENTITY b "c">]>', b"<div>" * 99, b"<svg:svg>", b"xmlns='' "),
]
_TOKEN = re.compile(rb"<[^>]*>|\"[^\"]*\"|[\w.:/-]+|\s+|.", re.DOTALL)


def parse(name: str, content: bytes) -> Parsed:
    """What the sources make of a sample of this name."""
    if name.endswith(".csv"):
        return Parsed(*parse_entries_csv(content.decode("utf-8", "replace"), name=name))
    if name.startswith("huggingface"):
        return parse_daily_papers(content, where=WHERE)
    is_arxiv = name.startswith("arxiv")
    read = read_feed(content, "text/xml", limit=100, markup=not is_arxiv)
    if is_arxiv:
        refusal(read.items)
        return parse_arxiv(read.items, where=WHERE, announce=("new", "cross"))
    return parse_items(read.items, partial(entry_from_item, base=WHERE), where=WHERE)


def stopped(content: bytes) -> bool:
    """Whether the process in which feeds are read for real gives up in time on this one."""
    try:
        asyncio.run(read_apart(content, "text/xml", limit=100, seconds=SECONDS))
    except InputError:
        return True
    return False


def damaged(content: bytes, chance: random.Random) -> bytes:
    """The sample after one to four changes."""
    for _ in range(chance.randint(1, 4)):
        content = chance.choice(_CHANGES)(content, chance)
    return content


def _flip(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(min(len(changed), chance.randint(1, 20))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(content: bytes, chance: random.Random) -> bytes:
    start, end = sorted(chance.choices(range(len(content) + 1), k=2))
    return content[:start] + content[end:]


def _truncate(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randint(0, len(content))]


def _insert(content: bytes, chance: random.Random) -> bytes:
    place = chance.randint(0, len(content))
    return content[:place] + chance.choice(_PIECES) * chance.choice((1, 1, 1, 50)) + content[place:]


def _repeat(content: bytes, chance: random.Random) -> bytes:
    start, end = sorted(chance.choices(range(len(content) + 1), k=2))
    return content[:end] + content[start:end] * chance.randint(1, 5) + content[end:]


def _swap(content: bytes, chance: random.Random) -> bytes:
    """Two tokens change places: tags, texts, words."""
    tokens = _TOKEN.findall(content)
    if len(tokens) > 1:
        one, other = chance.sample(range(len(tokens)), 2)
        tokens[one], tokens[other] = tokens[other], tokens[one]
    return b"".join(tokens)


def _drop(content: bytes, chance: random.Random) -> bytes:
    tokens = _TOKEN.findall(content)
    for _ in range(chance.randint(1, 5)):
        if tokens:
            tokens.pop(chance.randrange(len(tokens)))
    return b"".join(tokens)


def _retype(content: bytes, chance: random.Random) -> bytes:
    """A value becomes one of another type."""
    values = list(re.finditer(rb'(?<=: )("[^"]*"|[\d.]+)|(?<=>)[^<]+(?=<)', content))
    if not values:
        return content
    value = chance.choice(values)
    new = chance.choice(
        (b"null", b"7", b"-1", b"[]", b"{}", b'["a", 1]', b'{"a": 1}', b'""', b"true", b'"\\n"')
    )
    return content[: value.start()] + new + content[value.end() :]


def _recode(content: bytes, chance: random.Random) -> bytes:
    return content.decode("utf-8", "replace").encode(
        chance.choice(("utf-16", "utf-32-be", "utf-7", "cp037")), "replace"
    )


_Change = Callable[[bytes, random.Random], bytes]
_CHANGES: list[_Change] = [
    _flip,
    _cut,
    _truncate,
    _insert,
    _insert,
    _repeat,
    _swap,
    _drop,
    _retype,
    _retype,
    _recode,
]


def cases(count: int, seed: int) -> Iterator[tuple[int, str, bytes]]:
    """Number, name of the sample, and damaged bytes; each is made from its own number."""
    samples = [(path.name, path.read_bytes()) for path in sorted(SAMPLES.glob("*.*"))]
    for number in range(count):
        chance = random.Random(f"{seed}/{number}")
        name, content = samples[number % len(samples)]
        yield number, name, damaged(content, chance)


def run(count: int, seed: int) -> dict[str, object]:
    """Read them all; what was found, how long the slowest took, and what went wrong."""
    outcomes: Counter[str] = Counter()
    failures: list[dict[str, object]] = []
    slowest, largest = 0.0, 0.0
    tracemalloc.start()
    for number, name, content in cases(count, seed):
        tracemalloc.reset_peak()
        start = time.process_time()
        try:
            outcome = "read" if parse(name, content).entries else "nothing in it"
        except (InputError, SourceError):
            outcome = "refused"
        except Exception as error:
            outcome = f"{type(error).__name__}: {error}"
        seconds, megabytes = time.process_time() - start, tracemalloc.get_traced_memory()[1] / 1e6
        over = seconds > SECONDS or megabytes > MEGABYTES
        if over and name.endswith(".xml") and stopped(content):
            outcomes["stopped"] += 1
            continue
        slowest, largest = max(slowest, seconds), max(largest, megabytes)
        kind = outcome if outcome in ("read", "nothing in it", "refused") else "failed"
        outcomes[kind] += 1
        if kind == "failed" or over:
            failures.append({"number": number, "seed": seed, "sample": name, "outcome": outcome[:300]})
    tracemalloc.stop()
    return {
        "count": count,
        "seed": seed,
        "outcomes": dict(sorted(outcomes.items())),
        "slowest_seconds": round(slowest, 3),
        "largest_megabytes": round(largest, 1),
        "failures": failures,
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    result = run(options.count, options.seed)
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    sys.exit(1 if result["failures"] else 0)


if __name__ == "__main__":
    main()
