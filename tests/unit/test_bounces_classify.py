"""What a returned message is, on samples of the main shapes. The beginning of a sample's name is its kind."""

from pathlib import Path

import pytest

from newsletter.core.bounces import Cause, Kind, Verdict, classify, envelope_addresses, returned_senders

SAMPLES = Path(__file__).parents[1] / "samples" / "bounces"
FILES = sorted(SAMPLES.glob("*.eml"))
ADA = "ada@example.com"


def sample(name: str) -> bytes:
    """The bytes of one."""
    return (SAMPLES / f"{name}.eml").read_bytes()


def only(name: str) -> Verdict:
    """The one verdict on a sample."""
    (verdict,) = classify(sample(name))
    return verdict


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_sample_is_of_its_kind(file: Path):
    """Bounces, complaints, automatic replies, those who leave; and ordinary mail, which is none of these."""
    verdicts = classify(file.read_bytes())
    assert file.stem.startswith(f"{verdicts[0].kind}-") or file.stem == verdicts[0].kind


@pytest.mark.parametrize("file", [file for file in FILES if file.stem.startswith(("hard-", "soft-"))])
def test_each_bounce_names_its_recipient(file: Path):
    """From the report, from the text, or from a header."""
    assert (classify(file.read_bytes())[0].recipient or "").startswith("ada@")


@pytest.mark.parametrize(
    ("name", "status", "cause"),
    [
        ("hard-unknown-user", "5.1.1", Cause.UNKNOWN_USER),
        ("hard-status-says-nothing", "5.0.0", Cause.UNKNOWN_USER),
        ("hard-no-domain", "5.4.4", Cause.NO_DOMAIN),
        ("hard-null-mx", "5.1.10", Cause.NO_MAIL),
        ("hard-wrong-boundary", "5.1.1", Cause.UNKNOWN_USER),
        ("hard-qmail", None, Cause.UNKNOWN_USER),
        ("hard-exchange", "5.1.1", Cause.UNKNOWN_USER),
        ("soft-full-called-unknown", "5.1.1", Cause.FULL),
        ("soft-blocked", "5.7.1", Cause.BLOCKED),
        ("soft-too-big", "5.3.4", Cause.TOO_BIG),
        ("soft-expired", "4.4.1", Cause.NETWORK),
        ("soft-exim", "5.7.1", Cause.SPAM),
        ("soft-yahoo", None, Cause.DISABLED),
        ("soft-page", None, Cause.FULL),
        ("soft-delayed", "4.7.0", Cause.DELAYED),
        ("soft-not-yet", None, Cause.DELAYED),
    ],
)
def test_the_status_and_the_cause_are_told(name: str, status: str | None, cause: Cause):
    """The status as the server has it, the cause as its words or its status mean it."""
    verdict = only(name)
    assert (verdict.recipient or "").startswith("ada@")
    assert (verdict.status, verdict.cause) == (status, cause)


def test_each_person_has_a_verdict_of_their_own():
    """Those to whom the message was delivered have none."""
    ada, lin = classify(sample("hard-two-people"))
    assert (ada.kind, ada.recipient) == (Kind.HARD, ADA)
    assert (lin.kind, lin.recipient, lin.cause) == (Kind.SOFT, "lin@example.com", Cause.FULL)


def test_the_detail_is_what_the_server_said_on_one_line():
    """Without the prose around it."""
    assert only("soft-full").detail == "552 5.2.2 <ada@example.com>: Mailbox is full"


def test_a_long_answer_is_cut():
    """At 300 characters, with a sign that more was said."""
    long = sample("soft-full").replace(b"Mailbox is full", b"Mailbox is full " * 99)
    (verdict,) = classify(long)
    assert len(verdict.detail) == 300
    assert verdict.detail.endswith("…")


def test_who_complains_is_normalised():
    """`ada@Example.com` of the report is the reader."""
    assert only("complaint-abuse").recipient == ADA


def test_nothing_is_exactly_one_verdict():
    """So that a caller can always take the first."""
    assert classify(b"") == (Verdict(kind=Kind.NONE),)


def test_the_addresses_are_those_of_the_envelope_first():
    """Whom the last server delivered to is surer than what stands in To; each once."""
    message = (
        b"To: Papers <digest@example.org>, b+1@example.org\nX-Original-To: b+2@example.org\n"
        b"Delivered-To: b+3@example.org\nEnvelope-To: B+2@Example.org\n\n"
    )
    found = envelope_addresses(message)
    assert found == (
        "b+3@example.org",
        "b+2@example.org",
        "B+2@example.org",
        "digest@example.org",
        "b+1@example.org",
    )


def test_the_senders_are_those_of_the_returned_message():
    """Its Return-Path, and what Postfix writes into its report."""
    assert returned_senders(sample("soft-full")) == ("bounces+t06@news.example.org",)
    assert returned_senders(sample("hard-qmail")) == ("bounces+t16@news.example.org",)
    assert returned_senders(sample("none-question")) == ()
