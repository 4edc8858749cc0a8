"""What Prometheus is told, read by its own parser."""

import re
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families
from support.history import live
from support.site import NOW, papers, publish, subscribe

from newsletter.bootstrap import App
from newsletter.core.delivery import Decision
from newsletter.core.model import DeliveryState as State
from newsletter.core.slots import Outcome, SlotOutcome
from newsletter.web.site import site

DOCS = (Path(__file__).parents[2] / "docs" / "dashboard.md").read_text(encoding="utf-8")
PREFIX = "newsletter_"

Samples = dict[str, dict[tuple[tuple[str, str], ...], float]]


async def scraped(app: App) -> str:
    transport = httpx.ASGITransport(site(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as prometheus:
        answer = await prometheus.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return answer.text


def read(text: str) -> Samples:
    """The value of each sample, by its name and its labels."""
    found: Samples = defaultdict(dict)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name][tuple(sorted(sample.labels.items()))] = sample.value
    return found


async def told(app: App) -> Samples:
    return read(await scraped(app))


async def test_an_empty_newsletter_has_metrics(app):
    """Zeros, where there is something to count."""
    found = await told(app)
    assert found["newsletter_letters_waiting"] == {(): 0}
    assert found["newsletter_copies_due"] == {(): 0}
    assert set(found["newsletter_subscribers"].values()) == {0}
    assert set(found["newsletter_slots_total"].values()) == {0}
    assert list(found["newsletter_build_info"].values()) == [1]


async def test_slots_are_counted_by_how_they_ended(app):
    """From the store, so that a restart loses none."""
    for days, outcome in enumerate([Outcome.SENT, Outcome.SENT, Outcome.FAILED]):
        slot = NOW - timedelta(days=3 - days)
        await app.slots.close("papers", SlotOutcome(slot, outcome, "why"), NOW)
    found = await told(app)
    daily = {
        dict(labels)["outcome"]: value
        for labels, value in found["newsletter_slots_total"].items()
        if dict(labels)["series"] == "daily"
    }
    assert daily == {"sent": 2, "failed": 1, "skipped": 0, "empty": 0}
    series = (("series", "daily"),)
    assert found["newsletter_last_slot_timestamp_seconds"] == {series: (NOW - timedelta(days=1)).timestamp()}
    assert found["newsletter_last_sent_timestamp_seconds"] == {series: (NOW - timedelta(days=2)).timestamp()}
    [upcoming] = found["newsletter_next_slot_timestamp_seconds"].values()
    assert upcoming > NOW.timestamp()


async def test_copies_are_told_by_state(app):
    """Of the newest edition, and of what is under way."""
    for name in ("ada", "bo", "cy"):
        await subscribe(app, f"{name}@example.org")
    await publish(app, papers(3))
    rows = [row.id for row in await app.outbox.due(NOW, 0, 2)]
    await app.outbox.record(rows, [], NOW)
    later = NOW + timedelta(hours=1)
    decided = [Decision(State.ACCEPTED, 1, "250 ok"), Decision(State.DEFERRED, 1, "450 later", later)]
    await app.outbox.record([], list(zip(rows, decided, strict=True)), NOW)
    found = await told(app)
    states = {dict(labels)["state"]: n for labels, n in found["newsletter_outbox_rows"].items()}
    assert {state: n for state, n in states.items() if n} == {"accepted": 1, "deferred": 1, "pending": 1}
    waits = {dict(labels)["waits"]: n for labels, n in found["newsletter_copies_open"].items()}
    assert waits == {"due": 1, "hour": 0, "deferred": 1, "sending": 0}
    assert found["newsletter_copies_due"] == {(): 1}
    assert found["newsletter_subscribers"][(("status", "active"),)] == 3


async def test_sources_and_signs_of_life_are_told(app):
    """With the time of the last success."""
    await live(app, NOW, readers=10, weeks=1)
    found = await told(app)
    up = {dict(labels)["source"]: value for labels, value in found["newsletter_source_up"].items()}
    assert up == {"arxiv": 1, "huggingface": 1, "labs": 0}
    succeeded = found["newsletter_source_last_success_timestamp_seconds"]
    assert succeeded[(("source", "labs"),)] == (NOW - timedelta(days=2)).timestamp()
    assert found["newsletter_last_pulse_timestamp_seconds"] == {
        (("part", "scheduler"),): (NOW - timedelta(seconds=20)).timestamp()
    }


async def test_labels_are_few_however_long_it_runs(app):
    """Editions that have arrived are told by the newest alone, and no reader is a label."""
    await live(app, NOW, readers=10, weeks=1)
    await live_again(app)
    text = await scraped(app)
    editions = {dict(labels)["edition"] for labels in read(text)["newsletter_outbox_rows"]}
    assert len(editions) == 1
    assert "@" not in text
    assert len(text.splitlines()) < 150


async def live_again(app: App) -> None:
    """One more edition, so that the first is not the newest."""
    await app.entries.add(papers(3, start=900), NOW)
    assert (await app.daily.publish(NOW + timedelta(days=2), NOW + timedelta(days=2))).edition


async def test_a_name_that_would_end_its_label_does_not(app):
    """Of a source."""
    hostile = 'a"} 1\nnewsletter_evil{x="'
    await app.memory.failed(hostile, "gone", NOW)
    found = await told(app)
    assert found["newsletter_source_up"] == {(("source", hostile),): 0}
    assert "newsletter_evil" not in found


async def test_names_and_helps_are_as_prometheus_wants_them(app):
    """Counters end in _total, times in seconds, and each says what it is."""
    await live(app, NOW, readers=10, weeks=1)
    for family in text_string_to_metric_families(await scraped(app)):
        assert re.fullmatch(r"newsletter_[a-z_]+", family.name)
        assert family.documentation.endswith(".")
        assert family.type in ("gauge", "counter")
        assert ("timestamp" in family.name) <= family.name.endswith("_seconds")


async def test_what_the_documentation_names_exists(app):
    """In its table and in the rules for alerts; and the table has all there are."""
    await live(app, NOW, readers=10, weeks=1)
    there = {
        sample.name
        for family in text_string_to_metric_families(await scraped(app))
        for sample in family.samples
    }
    assert set(re.findall(rf"{PREFIX}[a-z_]+", DOCS)) == there


def test_each_rule_asks_for_a_metric_and_says_what_it_means():
    """Those that the documentation gives."""
    [rules] = re.findall(r"```yaml\n(groups:.*?)```", DOCS, re.DOTALL)
    found = rules.split("- alert: ")[1:]
    assert len(found) >= 5
    for rule in found:
        assert re.match(r"Newsletter[A-Za-z]+\n", rule)
        assert PREFIX in rule.partition("expr:")[2].partition("annotations:")[0]
        assert re.search(r'annotations: \{summary: "[^"]+"\}', rule)
