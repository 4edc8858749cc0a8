"""What the operator reads: words that say all, and text from outside that stays text."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from support.samples import edition
from support.site import PAYLOADS, Page

from newsletter.core.delivery import Reply
from newsletter.core.model import Accounting, DeliveryState, Newsletter
from newsletter.core.notices import Circumstances, Notice, Tone, is_trouble, of_pause, of_slot, of_standstill
from newsletter.core.slots import Outcome, SlotOutcome
from newsletter.ports import Message
from newsletter.render.notice import render_notice
from newsletter.services.heartbeat import MailChannel
from newsletter.services.operator import OperatorPost

SLOT = datetime(2026, 3, 11, 7, 30, tzinfo=timezone(timedelta(hours=1)))
NOW = datetime(2026, 3, 11, 6, 31, tzinfo=UTC)
PAPER = Newsletter(
    id="papers", name="Morning Papers", sender="papers@example.org", base_url="https://papers.example.org"
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def around(series: str = "papers", **known) -> Circumstances:
    return Circumstances("papers", series, SLOT + timedelta(days=1), **known)


def ended(outcome: Outcome, reason: str = "", series: str = "papers", **known) -> Notice:
    number = 12 if outcome is Outcome.SENT else None
    return of_slot(SlotOutcome(SLOT, outcome, reason, number), around(series, **known))


def test_the_subject_says_it_all() -> None:
    """For each way in which a slot can end, in either series."""
    papers = edition(12, 1, 2, 3)
    broken = {"arXiv": "503"}
    assert [
        notice.subject
        for notice in (
            ended(Outcome.SENT, edition=papers, planned=1204),
            ended(Outcome.SENT, series="papers/weekly", edition=papers, planned=1),
            ended(Outcome.SENT, edition=papers, planned=9, failed_sources=broken),
            ended(Outcome.SENT, edition=papers),
            ended(Outcome.EMPTY, "no new entries"),
            ended(Outcome.SKIPPED, "nothing ran within catch_up of its time"),
            ended(Outcome.SKIPPED, "holiday: Whit Monday"),
            ended(Outcome.FAILED, "arXiv: 503", failed_sources=broken),
            ended(Outcome.FAILED, "a; b; c; d", failed_sources=dict.fromkeys("abcd", "503")),
            ended(Outcome.FAILED, "edition.mjml:12: 'entry' is undefined"),
            of_pause(papers, "too many rejections", NOW, Accounting(), around(edition=papers)),
            of_standstill(1204, SLOT, around()),
        )
    ] == [
        "✓ Edition 12 is on its way: 3 entries to 1,204 readers",
        "✓ Edition w12 is on its way: 3 entries to 1 reader",
        "! Edition 12 is on its way: 3 entries to 9 readers; 1 source failed",
        "! Edition 12 is on its way: 3 entries to 0 readers",
        "∅ No edition for Wed 11 March: no new entries",
        "✗ No edition for Wed 11 March: skipped, nothing ran within catch_up of its time",
        "– No edition for Wed 11 March: holiday: Whit Monday",
        "✗ Edition for Wed 11 March failed: arXiv could not be read",
        "✗ Edition for Wed 11 March failed: 4 sources could not be read",
        "✗ Edition for Wed 11 March failed: edition.mjml:12: 'entry' is undefined",
        "✗ Edition 12 is paused: too many rejections",
        "✗ 1,204 copies were to be sent, and none has been for an hour",
    ]


def test_what_somebody_wanted_is_no_trouble() -> None:
    """A holiday, a person's no, an extra edition; nothing else that is skipped."""
    for reason in ("holiday: Easter", "not approved: too thin", "an extra edition went out after it"):
        assert not is_trouble(SlotOutcome(SLOT, Outcome.SKIPPED, reason))
    for reason in ("nothing ran until a later slot was due", "nobody approved it by 09:30"):
        assert is_trouble(SlotOutcome(SLOT, Outcome.SKIPPED, reason))
    assert ended(Outcome.SKIPPED, "holiday: Easter").tone is Tone.QUIET


def test_the_text_is_as_people_read_it() -> None:
    """Facts under each other, commands on lines of their own."""
    notice = ended(Outcome.FAILED, "arXiv: 503", failed_sources={"arXiv": "503"})
    assert render_notice(notice, "Morning Papers").text == (
        "✗ Edition for Wed 11 March failed: arXiv could not be read\n\n"
        "Readers got nothing, and nothing is tried again by itself.\n\n"
        "Slot       Wed 11 March 2026, 07:30 +0100\n"
        "Outcome    failed\n"
        "Reason     arXiv: 503\n"
        "Next slot  Thu 12 March 2026, 07:30 +0100\n\n"
        "See what each source says now:\n"
        "    newsletter collect\n"
        "Make the edition after all:\n"
        "    newsletter run --slot now\n\n"
        "--\n"
        "Morning Papers tells you this because [operator] mail of its newsletter.toml\n"
        "has your address.\n"
    )


def test_what_sources_say_is_never_markup() -> None:
    """Neither as reason nor as the newsletter's name."""
    plain = Page(render_notice(ended(Outcome.FAILED, "reason"), "name").html)
    for payload in PAYLOADS:
        page = Page(render_notice(ended(Outcome.FAILED, payload), payload).html)
        assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
        assert page.text.count(payload) >= 2


class Kept:
    """A mail server that takes all."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    @asynccontextmanager
    async def session(self) -> AsyncIterator["Kept"]:
        yield self

    async def send(self, message: Message) -> Reply:
        self.messages.append(message)
        return Reply(250, "OK")


@given(TEXTS, TEXTS)
async def test_whatever_went_wrong_can_be_mailed(reason: str, name: str) -> None:
    """One header of one line, and no reader's address in the message."""
    quoted = f"{reason} <ada.lovelace@example.org> {reason}"
    notice = ended(Outcome.FAILED, quoted, failed_sources={name: quoted} if name else {})
    server = Kept()
    await MailChannel(OperatorPost(PAPER, b"0" * 16, None, [server], ["op@example.org"]), False).tell(
        notice, NOW
    )
    (sent,) = server.messages
    message = message_from_bytes(sent.data, policy=policy.default)
    assert message["Subject"].startswith("✗ Edition for Wed 11 March failed: ")
    assert len(message["Subject"]) < 200
    parts = [part.get_content() for part in message.walk() if not part.is_multipart()]
    assert len(parts) == 2
    assert not [part for part in (message["Subject"], *parts) if "ada.lovelace" in part]


def test_the_copies_of_a_paused_edition_are_counted() -> None:
    """As far as they came."""
    counts = {DeliveryState.ACCEPTED: 873, DeliveryState.REJECTED: 127, DeliveryState.UNKNOWN: 0}
    notice = of_pause(edition(1, 1), "why", NOW, Accounting(counts=counts), around())
    assert dict(notice.facts)["Copies"] == "1,000 planned: 873 accepted, 127 rejected"


def test_the_page_names_the_fields_that_programs_get() -> None:
    """Of each kind of notice all, and no others."""
    page = (Path(__file__).parents[2] / "docs" / "watching.md").read_text(encoding="utf-8")
    table = page.partition("| field | value |")[2].partition("\n\n")[0]
    fields = {name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    for notice in (
        ended(Outcome.EMPTY, "no new entries"),
        of_pause(edition(1, 1), "why", NOW, Accounting(), around()),
        of_standstill(1, SLOT, around()),
    ):
        assert set(notice.data) == fields
