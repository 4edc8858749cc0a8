"""Every recorded day as an email in every theme, made by the program's own parts and judged by all points.

    python tests/evaluation/days.py --data FILE [--themes digest compact weekly] [--every 10]
                                    [--spam] [--mjml] [--processes 2]

FILE has one day a line, see tests/acceptance/replay.py. Each day is read as the source reads it, and made
into three editions: the usual one, as somebody without wishes gets it; all of the day's papers in full, as
somebody gets it who follows something in each of them; and each seventh day all papers of a week, for the
same reader.
Prints one JSON object; ends with 1 if a point fails. `--every 10` takes each tenth day, `--spam` asks
SpamAssassin as well, `--mjml` official MJML.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from datetime import time as clock
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

sys.path.insert(0, str(Path(__file__).parents[1]))
from acceptance.replay import Days, read_days
from support.judges import official_mjml
from support.themes import THEMES, shipped_theme

from newsletter.adapters.dkim import DkimKey, DkimSigner
from newsletter.adapters.spamassassin import judge
from newsletter.adapters.weights import shipped_editor
from newsletter.core.edition import EditionPolicy, arrange
from newsletter.core.huggingface import parse_daily_papers
from newsletter.core.model import Edition, Entry, Newsletter, Subscriber
from newsletter.core.phrases import ENGLISH
from newsletter.core.wishes import Wishes
from newsletter.render.findings import Finding, Status
from newsletter.services.inspect import Inspector
from newsletter.services.publish import EditorialDesk

SECRET = b"0123456789abcdef0123456789abcdef"
NEWSLETTER = Newsletter(
    id="papers",
    name="Morning Papers",
    sender="Morning Papers <papers@example.org>",
    base_url="https://papers.example.org",
    reply_to="editor@example.org",
    postal_address="Morning Papers, 1 Example Street, 12345 Example",
    show_reasons=True,
)
POLICIES = {
    "usual": EditionPolicy(shipped_editor()),
    "everything": EditionPolicy(shipped_editor(), max_entries=200),
    "week": EditionPolicy(shipped_editor(), max_entries=400),
}
_WEEK = 7
_EVENING = clock(23, 30, tzinfo=UTC)
_MJML_AT_ONCE = 20


@dataclass(frozen=True)
class Made:
    """One edition in one theme, and how it stands."""

    day: str
    theme: str
    policy: str
    entries: int
    """In the email, in full or by title."""
    more: int
    steps: tuple[str, ...]
    bound: tuple[int, int]
    """The largest copy by the program's own reckoning: decoded, encoded."""
    judged: tuple[int, int]
    """The copy that was judged."""
    rendering: float
    """Seconds from the edition to the HTML that fits."""
    judging: float
    """Seconds for the copy twice, another reader's, and all points."""
    findings: tuple[Finding, ...]
    mjml: str


# One day


def editions(days: Days) -> Iterator[tuple[str, Edition]]:
    """Those of the last of the days, by the names of their policies; none for a day without papers."""
    last = max(days)
    now = datetime.combine(last, _EVENING)
    papers = {day: _papers(day, response, now) for day, response in days.items()}
    week = {entry.id: entry for day in sorted(papers) for entry in papers[day]}
    found = {"usual": papers[last], "everything": papers[last]}
    found |= {"week": list(week.values())} if len(days) == _WEEK else {}
    for name, entries in found.items():
        made = arrange(entries, POLICIES[name], newsletter=NEWSLETTER.id, number=1, slot=now, now=now)
        if made:
            yield name, made


def _papers(day: date, response: Sequence[dict[str, Any]], now: datetime) -> list[Entry]:
    parsed = parse_daily_papers(json.dumps(response).encode(), where=str(day))
    return [replace(entry, first_seen=now, source="Hugging Face") for entry in parsed.entries]


def judged(policy: str, edition: Edition, theme: str, *, spam: bool) -> Made:
    """An edition in a theme; see above for whom."""
    desk = _desk(theme, policy)
    started = time.perf_counter()
    draft = desk.draft(edition, edition.slot)
    rendered = time.perf_counter()
    person = Subscriber(id=7, email="ada@example.org") if policy == "usual" else _person(draft.edition)
    inspector = Inspector(desk, NEWSLETTER, SECRET, _signer())
    seen = asyncio.run(inspector.inspect(draft, person, judge if spam else None))
    ended = time.perf_counter()
    return Made(
        day=str(edition.slot.date()),
        theme=theme,
        policy=policy,
        entries=edition.candidates - draft.edition.more,
        more=draft.edition.more,
        steps=draft.fitting.steps,
        bound=(draft.fitting.decoded, draft.fitting.encoded),
        judged=(len(seen.copy.html.encode()), _encoded(seen.message)),
        rendering=rendered - started,
        judging=ended - rendered,
        findings=seen.findings,
        mjml=draft.rendered.mjml,
    )


def _encoded(message: bytes) -> int:
    """Bytes of the HTML part as it is sent."""
    html = message.split(b"Content-Type: text/html", 1)[1].split(b"\r\n\r\n", 1)[1]
    return len(html.rsplit(b"\r\n--", 2)[0])


def _person(edition: Edition) -> Subscriber:
    """Who follows all topics, an author of each entry or else a word of its title, and has a long name."""
    entries: list[Entry] = [item.entry for item in (*edition.featured, *edition.also)]
    return Subscriber(
        id=2**31,
        email=f"{'reader.' * 8}ada@{'a-long-name.' * 8}example.org",
        name="Augusta Ada King-Noel, Countess of Lovelace",
        wishes=Wishes(
            topics=tuple(section.topic for section in edition.sections),
            authors=tuple(entry.authors[0] for entry in entries if entry.authors),
            keywords=tuple(entry.title.split()[0] for entry in entries if not entry.authors),
        ),
    )


@cache
def _desk(theme: str, policy: str) -> EditorialDesk:
    stores: Any = None  # a draft asks no store
    return EditorialDesk(NEWSLETTER, POLICIES[policy], shipped_theme(theme), ENGLISH, SECRET, stores, stores)


@cache
def _signer() -> DkimSigner:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return DkimSigner("example.org", [DkimKey("papers", key)])


# All days


@dataclass(frozen=True)
class Job:
    """A day in all themes."""

    days: Days
    """It alone, or as the last of a week."""
    themes: Sequence[str]
    spam: bool


def run(job: Job) -> list[Made]:
    """In a process of its own."""
    return [
        judged(policy, edition, theme, spam=job.spam)
        for policy, edition in editions(job.days)
        for theme in job.themes
    ]


def run_all(days: Days, themes: Sequence[str], *, every: int, spam: bool, processes: int) -> list[Made]:
    """In the order of the days, whichever process was faster."""
    ordered = sorted(days.items())
    jobs = []
    for at in range(0, len(ordered), every):
        is_week = len(jobs) % _WEEK == 0 and at + 1 >= _WEEK
        some = ordered[at + 1 - _WEEK : at + 1] if is_week else ordered[at : at + 1]
        jobs.append(Job(dict(some), themes, spam))
    with get_context("spawn").Pool(processes) as pool:
        return [made for found in pool.imap(run, jobs, chunksize=1) for made in found]


def told(made: Sequence[Made]) -> dict[str, Any]:
    """The figures of some editions."""
    steps = Counter(step for one in made for step in one.steps or ("none",))
    return {
        "editions": len(made),
        "entries": {
            "most": max(one.entries for one in made),
            "left_to_the_web": sum(one.more for one in made),
        },
        "failing": points(made, Status.FAIL),
        "warnings": points(made, Status.WARN),
        "largest": {
            "decoded": max(one.bound[0] for one in made),
            "encoded": max(one.bound[1] for one in made),
            "judged_decoded": max(one.judged[0] for one in made),
            "judged_encoded": max(one.judged[1] for one in made),
            "above_the_bound": sum(any(map(int.__gt__, one.judged, one.bound)) for one in made),
        },
        "steps": dict(steps.most_common()),
        "rendering_seconds": _seconds(one.rendering for one in made),
        "judging_seconds": _seconds(one.judging for one in made),
    }


def points(made: Iterable[Made], status: Status) -> dict[str, dict[str, Any]]:
    """Those that stand so, by their numbers: how often, and the first example."""
    found: dict[int, list[str]] = defaultdict(list)
    for one in made:
        for finding in one.findings:
            if finding.status is status:
                found[finding.point].append(f"{one.day}: {finding.detail}")
    return {str(point): {"times": len(seen), "example": seen[0]} for point, seen in sorted(found.items())}


def _seconds(values: Iterable[float]) -> dict[str, float]:
    known = list(values)
    return {"median": round(median(known), 2), "most": round(max(known), 2)}


def mjml_mistakes(made: Sequence[Made]) -> list[str]:
    """What official MJML has against the sources."""
    found = []
    for first in range(0, len(made), _MJML_AT_ONCE):
        some = made[first : first + _MJML_AT_ONCE]
        for one, answer in zip(some, official_mjml([each.mjml for each in some]), strict=True):
            found += [f"{one.day}, {one.theme}, {one.policy}: {error}" for error in answer.errors]
    return found


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--themes", nargs="+", choices=THEMES, default=list(THEMES))
    parser.add_argument("--every", type=int, default=1, metavar="N")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--spam", action="store_true")
    parser.add_argument("--mjml", action="store_true")
    chosen = parser.parse_args()
    started = time.perf_counter()
    days = read_days(chosen.data)
    made = run_all(days, chosen.themes, every=chosen.every, spam=chosen.spam, processes=chosen.processes)
    mistakes = mjml_mistakes(made) if chosen.mjml else []
    grouped: dict[tuple[str, str], list[Made]] = defaultdict(list)
    for one in made:
        grouped[one.theme, one.policy].append(one)
    themes = {
        theme: {policy: told(some) for (of, policy), some in grouped.items() if of == theme}
        for theme in chosen.themes
    }
    failing = sum(finding.status is Status.FAIL for one in made for finding in one.findings)
    report = {
        "days": len({one.day for one in made}),
        "seconds": round(time.perf_counter() - started),
        "failing": failing,
    }
    report |= {"official_mjml": mistakes} if chosen.mjml else {}
    sys.stdout.write(json.dumps(report | {"themes": themes}, ensure_ascii=False) + "\n")
    sys.exit(bool(failing or mistakes))


if __name__ == "__main__":
    main()
