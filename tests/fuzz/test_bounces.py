"""The short form of `python -m fuzz.bounces`."""

from fuzz.bounces import damage, hostile

from newsletter.core.bounces import classify, envelope_addresses, returned_senders


def test_damaged_messages_are_something_or_nothing() -> None:
    """Many are still understood, some are not, and nothing is raised."""
    kinds, failures = damage(number=300, seed=7)
    assert failures == []
    assert {"hard", "soft", "complaint", "none"} <= set(kinds)


def test_what_is_told_of_a_hostile_message_is_bounded() -> None:
    """However much it repeats itself."""
    for name, message in hostile(size=60_000):
        verdicts = classify(message)
        assert 1 <= len(verdicts) <= 50, name
        assert all(len(verdict.detail) <= 300 for verdict in verdicts), name
        assert len(envelope_addresses(message)) <= 20, name
        assert len(returned_senders(message)) <= 20, name
