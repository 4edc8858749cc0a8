"""Whatever bytes come back, they are judged."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.bounces import (
    Kind,
    Verdict,
    classify,
    classify_reply,
    envelope_addresses,
    returned_senders,
)

SAMPLES = [
    path.read_bytes() for path in sorted((Path(__file__).parents[1] / "samples" / "bounces").glob("*.eml"))
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A sample of which lines are lost, doubled or moved, and then bytes are replaced."""
    lines = draw(st.sampled_from(SAMPLES)).splitlines(keepends=True)
    place = st.integers(0, len(lines) - 1)
    for _ in range(draw(st.integers(0, 4))):
        start, end, target = draw(place), draw(place), draw(place)
        taken = lines[min(start, end) : max(start, end)]
        change = draw(st.sampled_from(("lose", "double", "move")))
        if change != "double":
            lines[min(start, end) : max(start, end)] = []
        if change != "lose":
            lines[target:target] = taken
        lines = lines or [b"\n"]
        place = st.integers(0, len(lines) - 1)
    message = bytearray(b"".join(lines))
    for _ in range(draw(st.integers(0, 8))):
        message[draw(st.integers(0, len(message) - 1))] = draw(st.integers(0, 255))
    return bytes(message)


def holds(verdict: Verdict) -> bool:
    """What is promised of each."""
    is_line = len(verdict.detail) <= 300 and len(verdict.detail.splitlines()) <= 1
    is_nothing = verdict.recipient is None and verdict.cause is None
    return is_line and (verdict.kind is not Kind.NONE or is_nothing)


@given(damaged() | st.binary(max_size=2000))
def test_any_bytes_have_a_verdict(message: bytes):
    """At least one, each with a detail of one short line; and nothing is raised."""
    verdicts = classify(message)
    assert verdicts
    assert all(map(holds, verdicts))
    assert len(envelope_addresses(message)) <= 20
    assert len(returned_senders(message)) <= 20


@given(st.integers(400, 599), st.text(max_size=300))
def test_any_reply_is_hard_or_soft(code: int, text: str):
    """There is no third at the time of sending."""
    assert classify_reply(code, text)[0] in (Kind.HARD, Kind.SOFT)
