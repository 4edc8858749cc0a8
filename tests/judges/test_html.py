"""html-validate and caniemail on the HTML of every email."""

import json
from pathlib import Path

import pytest
from support import emails, judges

pytestmark = judges.needs_npm

ALLOWED: dict[str, str] = json.loads((Path(__file__).parent / "caniemail-allowed.json").read_text("utf-8"))
"""The features that some mail client lacks, each with the reason why it may be used."""


@pytest.fixture(scope="module")
def documents() -> dict[str, str]:
    names = emails.ALL
    return {f"{name}-{language}": emails.html(name, language) for name, language in names}


def test_every_email_is_valid_html(documents: dict[str, str]) -> None:
    """By the rules of html-validate, but for those that mail clients make impossible."""
    found = zip(documents, judges.html_validate(list(documents.values())), strict=True)
    assert {name: list(map(str, faults)) for name, faults in found if faults} == {}


def test_html_validate_sees_what_is_wrong() -> None:
    """The judge itself, on two documents at once."""
    good = '<!DOCTYPE html><html lang="en"><head><title>t</title></head><body><p>text</p></body></html>'
    fine, faulty = judges.html_validate([good, good.replace("<p>", '<p id="a"></p><p id="a">')])
    assert fine == []
    assert [fault.rule for fault in faulty] == ["no-dup-id"]


def test_what_some_mail_clients_lack_is_known(documents: dict[str, str]) -> None:
    """Nothing new without a reason in caniemail-allowed.json, and no reason for what is not used any more."""
    found: dict[str, str] = {}
    for name, features in zip(documents, judges.caniemail(list(documents.values())), strict=True):
        found |= {feature: f"{name}: {', '.join(clients)}" for feature, clients in features.items()}
    assert {feature: where for feature, where in found.items() if feature not in ALLOWED} == {}, (
        "give a reason"
    )
    assert [feature for feature in ALLOWED if feature not in found] == [], "take them out of the list"
    assert all(ALLOWED.values())
