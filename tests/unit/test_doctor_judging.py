"""What the doctor makes of the configuration, of servers, pages, this machine and the daily job."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from newsletter.core.doctor.checks import CHECKS, check_of
from newsletter.core.doctor.dkim import SigningKey, judge_signature
from newsletter.core.doctor.email import EmailVerdict, judge_email
from newsletter.core.doctor.finding import Finding, Status
from newsletter.core.doctor.machine import (
    DatabaseState,
    Space,
    Zones,
    judge_database,
    judge_files,
    judge_space,
    judge_sqlite,
    judge_zones,
)
from newsletter.core.doctor.pages import Visit, judge_clock, judge_unsubscribe, judge_web
from newsletter.core.doctor.running import SourceHealth, judge_schedule, judge_sources
from newsletter.core.doctor.server import ServerState, judge_postgresql, judge_store
from newsletter.core.doctor.servers import MailServer, Refusal, Welcome, judge_server
from newsletter.core.doctor.setting import LooseFile, Setting, judge_readers, judge_setting, judge_warm_up
from newsletter.core.slots import Outcome, Schedule, SlotOutcome
from newsletter.core.warmup import WarmUp

NOW = datetime(2026, 3, 11, 15, 0, tzinfo=UTC)
OK, WARNING, PROBLEM, UNKNOWN = Status.OK, Status.WARNING, Status.PROBLEM, Status.UNKNOWN

SETTING = Setting(
    file="newsletter.toml",
    sender="papers@papers.press",
    bounces_to="bounces@papers.press",
    takes_bounces=True,
    base_url="https://papers.press",
    postal_address="1 Street",
    secret=64,
)


def test_a_sound_configuration_has_nothing_but_what_is_in_order():
    """One finding for each of its checks."""
    found = list(judge_setting(SETTING))
    assert {finding.status for finding in found} == {OK}
    assert len({finding.check for finding in found}) == len(found)


@pytest.mark.parametrize(
    ("change", "check", "status"),
    [
        ({"sender": "papers@example.org"}, "sender", PROBLEM),
        ({"sender": "papers@mail.test"}, "sender", PROBLEM),
        ({"secret": "there is none."}, "secret", PROBLEM),
        ({"secret": 16}, "secret", WARNING),
        ({"missing": ("[api] token: one is short",)}, "secret", PROBLEM),
        ({"loose": (LooseFile("[dkim] key_file", "dkim.pem", 0o644),)}, "secret-files", WARNING),
        ({"base_url": "http://papers.press"}, "base-url", PROBLEM),
        ({"base_url": "https://papers.example.org/x"}, "base-url", PROBLEM),
        ({"base_url": "http://localhost:8080"}, "base-url", PROBLEM),
        ({"bounces_to": None}, "bounces", WARNING),
        ({"takes_bounces": False}, "bounces", WARNING),
        ({"postal_address": " \n"}, "postal-address", WARNING),
    ],
)
def test_each_weakness_of_a_configuration_is_found(change: dict[str, object], check: str, status: Status):
    """It and nothing else, with a mend."""
    (found,) = [found for found in judge_setting(replace(SETTING, **change)) if found.status is not OK]
    assert (found.check, found.status) == (check, status)
    assert found.mend


def test_the_signature():
    """By two keys, by none, by one that cannot be loaded."""
    keys = [SigningKey("a._domainkey.d.press", "", 2048, "d.press"), SigningKey("b", "", None, "d.press")]
    assert judge_signature("d.press", keys, "").title == "Mail is signed for d.press (RSA 2048 and Ed25519)"
    assert judge_signature("d.press", [], "").status is WARNING
    assert judge_signature("d.press", [], "it is not there").status is PROBLEM


def test_the_list_and_the_warm_up_plan():
    """Nobody; a plan that holds copies back; so many at once from a domain that nobody knows."""
    today = date(2026, 3, 11)
    assert [judge_readers(count).status for count in (0, 1)] == [WARNING, OK]
    plan = WarmUp(date(2026, 3, 10), 200, 1.5)
    cases = ((None, 10, False), (None, 5000, True), (None, 5000, False), (plan, 300, True), (plan, 301, True))
    found = [judge_warm_up(p, today, count, sent_before=before).status for p, count, before in cases]
    assert found == [OK, OK, WARNING, OK, WARNING]
    assert judge_warm_up(plan, date(2026, 3, 9), 1, sent_before=False).status is WARNING


def test_the_email():
    """In one line: its points and its size; what fails is a problem."""
    sound = EmailVerdict(45_000, 102_400, 18)
    assert judge_email(sound).title.endswith("passes all 18 points: 45 KB of HTML, Gmail cuts from 102 KB on")
    warned = judge_email(replace(sound, warned=("contrast",), sample=True))
    assert (warned.status, warned.title) == (WARNING, "A sample edition passes, with 1 point to look at")
    failed = judge_email(replace(sound, warned=("contrast",), failed=("size", "CSS")))
    assert (failed.status, failed.detail[:10]) == (PROBLEM, "size; CSS.")


# Mail servers

SERVER = MailServer("mail.test:587", "starttls", signs_in=True, loopback=False)
WELCOME = Welcome(True, True, 10_000_000, True, True, "TLSv1.3", NOW + timedelta(days=60))


def judged(server: MailServer, seen: Welcome | Refusal) -> list[Status]:
    return [finding.status for finding in judge_server(server, seen, NOW)]


@pytest.mark.parametrize(
    ("server", "seen", "statuses"),
    [
        ({}, {}, [OK, OK]),
        ({}, {"limit": None, "utf8": False, "pipelining": False}, [OK, OK]),
        ({}, {"limit": 500_000}, [WARNING, OK]),
        ({"signs_in": False}, {}, [WARNING, OK]),
        ({}, {"expires": NOW + timedelta(days=20)}, [OK, WARNING]),
        ({}, {"expires": NOW + timedelta(days=6)}, [OK, PROBLEM]),
        ({"signs_in": False}, {"tls_version": "", "offers_sign_in": False}, [OK, PROBLEM]),
        ({"loopback": True, "signs_in": False}, {"tls_version": ""}, [OK, OK]),
    ],
)
def test_a_server_that_takes_mail(server: dict[str, object], seen: dict[str, object], statuses: list[Status]):
    """Its limits, whether anybody signs in, what goes in clear, until when the certificate holds."""
    assert judged(replace(SERVER, **server), replace(WELCOME, **seen)) == statuses


@pytest.mark.parametrize(
    ("reason", "mend"),
    [
        ("mail server mail.test:587: its certificate: it has expired", "ca_file"),
        ("mail server mail.test:587: 535 sign-in refused: no", "username"),
        ("mail server mail.test:587: it does not offer STARTTLS", "587"),
        ("mail server mail.test:587: connection refused", "host, port"),
    ],
)
def test_a_server_that_does_not(reason: str, mend: str):
    """The mend fits the reason, which is told without the name that the title has."""
    (finding,) = judge_server(SERVER, Refusal(reason), NOW)
    assert finding.status is PROBLEM
    assert mend in finding.mend
    assert not finding.detail.startswith("Mail server")
    assert judged(SERVER, Refusal(reason, offline=True)) == [UNKNOWN]


# Pages

URL = "https://papers.press"
HEALTH = Visit(200, b'{"status":"ok"}', ahead=timedelta(seconds=-1))
MISSING = Visit(404, b"")


@pytest.mark.parametrize(
    ("seen", "statuses"),
    [
        (HEALTH, [OK]),
        (replace(HEALTH, status=502), [PROBLEM]),
        (replace(HEALTH, body=b"<h1>Welcome to nginx"), [PROBLEM]),
        (replace(HEALTH, private="a private"), [OK, WARNING]),
        (replace(HEALTH, expires=NOW + timedelta(days=3)), [PROBLEM]),
        (Refusal("connection refused"), [PROBLEM]),
        (Refusal("the name cannot be resolved", offline=True), [UNKNOWN]),
    ],
)
def test_the_web_pages(seen: Visit | Refusal, statuses: list[Status]):
    """They answer as ours do, from where readers are, with a certificate that lasts."""
    assert [finding.status for finding in judge_web(URL, seen, NOW)] == statuses


@pytest.mark.parametrize(
    ("reason", "mend"),
    [
        ("connection refused", "newsletter serve"),
        ("its certificate is not accepted: it has expired", "have a certificate"),
        ("the name papers.press cannot be resolved; is it spelt right?", "base_url"),
    ],
)
def test_the_mend_of_pages_fits_the_reason(reason: str, mend: str):
    """Nobody there, a certificate, a name."""
    (finding,) = judge_web(URL, Refusal(reason), NOW)
    assert mend in finding.mend


@pytest.mark.parametrize(
    ("asked", "posted", "status"),
    [
        (MISSING, MISSING, OK),
        (MISSING, Visit(301, b""), PROBLEM),
        (MISSING, Visit(403, b""), PROBLEM),
        (MISSING, Visit(405, b""), PROBLEM),
        (Visit(200, b""), Visit(200, b""), PROBLEM),
        (MISSING, Refusal("nothing came for 8 s"), PROBLEM),
    ],
)
def test_one_click(asked: Visit | Refusal, posted: Visit | Refusal, status: Status):
    """A POST gets through where it is answered as a GET is, and as our pages do."""
    assert judge_unsubscribe(URL, asked, posted).status is status


def test_the_clock():
    """A minute is a warning, ten are a problem, to either side."""
    seconds = (-601, -61, -60, 0, 60, 61, 601)
    found = [judge_clock(URL, replace(HEALTH, ahead=timedelta(seconds=off))).status for off in seconds]
    assert found == [PROBLEM, WARNING, OK, OK, OK, WARNING, PROBLEM]
    assert judge_clock(URL, replace(HEALTH, ahead=None)).status is UNKNOWN


# This machine


def test_time_zones():
    """Data of two years ago is old."""
    zones = [Zones("UTC", version, "the system") for version in ("2026a", "2025c", "2024b", "")]
    assert [judge_zones(found, NOW).status for found in zones] == [OK, OK, WARNING, OK]


@pytest.mark.parametrize(
    ("free", "writable", "database", "status"),
    [
        (2_000_000_000, True, 0, OK),
        (2_000_000_000, True, 700_000_000, WARNING),
        (900_000_000, True, 0, WARNING),
        (50_000_000, True, 0, PROBLEM),
        (2_000_000_000, False, 0, PROBLEM),
        (None, False, 0, PROBLEM),
    ],
)
def test_the_disk(free: int | None, writable: bool, database: int, status: Status):
    """Room for thrice the database, a gigabyte at least; that it can be written to at all."""
    assert judge_space(Space("/srv/papers", free, writable), database).status is status


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (DatabaseState("a.db", 0), OK),
        (DatabaseState("a.db", 9, revision="0009", journal="wal"), OK),
        (DatabaseState("a.db", 9, revision="0007"), WARNING),
        (DatabaseState("a.db", 9, revision=""), WARNING),
        (DatabaseState("a.db", 9, revision="0010"), PROBLEM),
        (DatabaseState("a.db", 9, trouble="malformed"), PROBLEM),
        (DatabaseState("a.db", 9, unfinished=True, revision="0009"), UNKNOWN),
    ],
)
def test_the_database(state: DatabaseState, status: Status):
    """Of this version, sound, and looked at to its end."""
    (finding,) = judge_database(state, "0009")
    assert finding.status is status


def test_sqlite_and_open_files():
    """The version with the fault; fewer files than connections want."""
    assert [judge_sqlite(found).status for found in ((3, 51, 2), (3, 51, 3))] == [WARNING, OK]
    assert [judge_files(limit, 200).status for limit in (256, 264, None)] == [WARNING, OK, OK]


# A server that keeps the data

STORE = ServerState("postgresql://me:***@db/papers", revision="0009", version=160004, size=5_000_000)


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({}, OK, "postgresql://me:***@db/papers: 5.0 MB, schema 0009"),
        ({"revision": ""}, OK, "made by the first command"),
        ({"revision": "0008"}, WARNING, "of an earlier version (schema 0008)"),
        ({"revision": "0010"}, PROBLEM, "made by a newer version (schema 0010)"),
        ({"trouble": "connection refused; check it"}, PROBLEM, "cannot be used"),
        ({"standby": True}, PROBLEM, "is a standby"),
        ({"encoding": "LATIN1"}, PROBLEM, "keeps text as LATIN1"),
        ({"may_create": False, "revision": ""}, PROBLEM, "may make no tables"),
        ({"may_write": False, "revision": ""}, PROBLEM, "are another user's"),
    ],
)
def test_a_server_can_be_used(change: dict[str, Any], status: Status, says: str):
    """It answers, can be written to by this user, keeps all texts, and is of this version."""
    (finding,) = judge_store(replace(STORE, **change), "0009")
    assert finding.status is status
    assert says in finding.title
    assert status is OK or finding.mend


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({}, OK, ""),
        ({"version": 120020}, PROBLEM, "PostgreSQL 12.20 is too old"),
        ({"fsync": False}, PROBLEM, "PostgreSQL 16.4 runs with fsync = off"),
        ({"free": 11}, WARNING, "Only 11 more connections"),
        ({"autovacuum": False}, PROBLEM, "autovacuum = off"),
        ({"dead": 1_000_001, "living": 2_000_000}, WARNING, "1,000,001 dead rows beside 2,000,000"),
        ({"dead": 1_000_001, "living": 9_000_000}, OK, ""),
        ({"ahead": -4.9}, OK, ""),
        ({"ahead": -5.0}, WARNING, "clock is 5.0 s behind this machine's"),
        ({"ahead": 600.0}, PROBLEM, "clock is 600.0 s ahead of this machine's"),
    ],
)
def test_a_server_is_sound(change: dict[str, Any], status: Status, says: str):
    """What it would lose, clutter up or be late with; each with its mend."""
    found = list(judge_postgresql(replace(STORE, **change)))
    ill = [finding for finding in found if finding.status is not OK]
    assert [finding.status for finding in ill] == ([] if status is OK else [status])
    assert all(says in finding.title and finding.mend for finding in ill)


# The daily job

DAILY = Schedule(time(7, 30), UTC)


def slot(day: int, outcome: Outcome = Outcome.SENT, reason: str = "") -> SlotOutcome:
    return SlotOutcome(datetime(2026, 3, day, 7, 30, tzinfo=UTC), outcome, reason)


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ([slot(11)], OK),
        ([slot(11, Outcome.EMPTY, "too little is new")], OK),
        ([slot(11, Outcome.FAILED, "no server"), slot(10)], PROBLEM),
        ([slot(11, Outcome.SKIPPED, "nothing ran"), slot(10)], WARNING),
        ([slot(10)], PROBLEM),
        ([], WARNING),
    ],
)
def test_the_last_slot(outcomes: list[SlotOutcome], status: Status):
    """The one of today, whose time is over, must have ended, and well."""
    assert judge_schedule(DAILY, outcomes, {}, NOW).status is status


def test_a_slot_that_may_still_be_served_is_not_missed():
    """Until `catch_up` is over."""
    assert judge_schedule(DAILY, [slot(10)], {}, NOW - timedelta(hours=2)).status is OK
    alive = judge_schedule(DAILY, [], {"scheduler": NOW - timedelta(minutes=1)}, NOW)
    assert (alive.status, "scheduler is running" in alive.detail) == (OK, True)


def test_the_sources():
    """None; one that was never read; one that failed today, and one that has failed for days."""

    def health(error: str | None, days: int | None) -> list[Finding]:
        succeeded = None if days is None else NOW - timedelta(days=days)
        return list(judge_sources(["Page"], [SourceHealth("Page", succeeded, error)], NOW))

    cases = [
        list(judge_sources([], [], NOW)),
        list(judge_sources(["Page"], [], NOW)),
        health(None, 0),
        health("404", 1),
        health("404", 4),
        health("404", None),
    ]
    statuses = [finding.status for findings in cases for finding in findings]
    assert statuses == [PROBLEM, WARNING, OK, WARNING, PROBLEM, PROBLEM]


def test_every_check_has_an_id_of_its_own():
    """And belongs to a group that is told in one piece."""
    assert len({check.id for check in CHECKS}) == len(CHECKS)
    groups = [check.group for check in CHECKS]
    assert all(check_of(check.id) is check for check in CHECKS)
    assert len(set(groups)) == 1 + sum(a != b for a, b in itertools.pairwise(groups))
