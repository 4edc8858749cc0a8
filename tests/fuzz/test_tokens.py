"""The short form of `python tests/fuzz/tokens.py`."""

from dataclasses import replace

import pytest
from fuzz import tokens


def test_no_forged_token_is_accepted() -> None:
    """Of any kind, made in any of the ways."""
    result = tokens.run(count=20_000, seed=7)
    assert result["accepted"] == []
    assert set(result["kinds"]) == {kind.name for kind in tokens.KINDS}
    assert len(result["ways"]) == len(tokens.WAYS)
    assert sum(result["kinds"].values()) == sum(result["ways"].values()) == 20_000


def test_a_reader_that_looks_at_the_number_only_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A count of none says something because it can be another one."""
    careless = [
        replace(
            kind, read=lambda token, kind=kind: kind.raw(token)[: tokens.NUMBER] if token.isalnum() else None
        )
        for kind in tokens.KINDS
        if kind.name == "unsubscribe"
    ]
    monkeypatch.setattr(tokens, "KINDS", careless)
    monkeypatch.setattr(tokens, "WAYS", (tokens._other_newsletter, tokens._other_key))
    assert tokens.run(count=100, seed=7)["accepted"]
