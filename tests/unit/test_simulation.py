"""A short form of the simulation: the delivery keeps its promises, and every broken variant is found."""

import gc
from collections import Counter
from collections.abc import Iterable, Iterator

import pytest
from simulation.mutants import MUTANTS, mutated
from simulation.runs import simulate
from simulation.world import Violation

from newsletter.errors import NewsletterError

RUNS = 300
PATIENCE = 400
"""Seeds within which a broken variant must be found."""


@pytest.fixture(autouse=True, scope="module")
def _few_objects() -> Iterator[None]:
    """Each run collects what died in it, and need not look through everything that the tests have loaded."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("first", range(1, RUNS, 50))
def test_the_delivery_keeps_its_promises(first: int):
    """Whatever fails, and whenever it is killed."""
    happened = _simulate_all(range(first, first + 50))
    assert min(happened[what] for what in ("killed", "accepted", "rejected", "suppressed", "unknown")) > 0


def test_a_server_that_is_done_does_not_hold_up_the_other():
    """This seed has a copy put back after the other server's connections had ended."""
    assert simulate(61995)["accepted"] == 9


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_delivery_is_found(name: str):
    """By a promise that it breaks, or because it does not get on."""
    with mutated(name), pytest.raises((Violation, NewsletterError, RuntimeError)):
        _simulate_all(range(1, PATIENCE))


def _simulate_all(seeds: Iterable[int]) -> Counter[str]:
    """The sum of what happened."""
    return sum(map(simulate, seeds), start=Counter())
