"""The page on the doctor is what it does."""

import re
from pathlib import Path

from newsletter.core.doctor import CHECKS, Status

PAGE = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text(encoding="utf-8")


def test_the_page_has_a_row_for_each_check_in_their_order():
    """With what is looked at and how to mend it."""
    rows = [line.strip("|").split(" | ") for line in PAGE.splitlines() if re.match(r"\| `[a-z-]+` \|", line)]
    assert [row[0].strip(" `") for row in rows] == [check.id for check in CHECKS]
    assert all(len(row) == 3 and all(cell.strip() for cell in row) for row in rows)


def test_the_page_says_which_checks_need_the_network():
    """In one sentence."""
    (sentence,) = re.findall(r"^(.+) need the network\.$", PAGE, re.MULTILINE)
    assert re.findall(r"`([a-z-]+)`", sentence) == [check.id for check in CHECKS if check.network]


def test_the_page_explains_each_status():
    """And no other."""
    statuses = re.findall(r"^\| .? ? ?\| `([a-z ]+)` \|", PAGE, re.MULTILINE)
    assert statuses == [status.value for status in Status]
