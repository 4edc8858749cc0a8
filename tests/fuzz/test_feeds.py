"""The short form of `python tests/fuzz/feeds.py`."""

from fuzz.feeds import run


def test_damaged_input_is_read_or_refused() -> None:
    """Some of it is still read, some is refused, and nothing else happens."""
    result = run(count=400, seed=7)
    assert result["failures"] == []
    assert set(result["outcomes"]) == {"read", "refused", "nothing in it"}
