"""How the doctor reads records that anybody may have written: SPF, DKIM, DMARC."""

from collections.abc import Sequence
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.doctor.dkim import SigningKey, judge_dkim
from newsletter.core.doctor.dmarc import judge_dmarc, policy_of
from newsletter.core.doctor.finding import Finding, Status
from newsletter.core.doctor.names import judge_mx, judge_ptr
from newsletter.core.doctor.questions import Ask, Question
from newsletter.core.doctor.sending import Origin, judge_spf
from newsletter.core.doctor.spf import Walk, parse
from newsletter.core.doctor.tags import Malformed, tags_of

HOME = ip_address("198.51.100.7")
SIX = ip_address("2001:db8::7")
MAIL = Origin("mail.papers.press", (HOME,))
RELAY = Origin("smtp.relay.test", (HOME,), ours=False)
P = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"
KEY = SigningKey("nl._domainkey.papers.press", f"v=DKIM1; k=rsa; p={P}", 2048, "papers.press")

Zone = dict[tuple[str, str], Sequence[str]]


def asking(zone: Zone) -> Ask:
    """A DNS that knows this."""
    return lambda question: zone.get((question.name, question.kind), ())


def spf(record: str, more: Zone | None = None, *origins: Origin) -> list[Finding]:
    """What is said of papers.press with this record."""
    zone: Zone = {("papers.press", "TXT"): [record]} | (more or {})
    return list(judge_spf("papers.press", origins or (MAIL,), asking(zone)))


def worst(findings: Sequence[Finding]) -> Finding:
    """The finding that matters most."""
    order = [Status.PROBLEM, Status.WARNING, Status.UNKNOWN, Status.OK]
    return min(findings, key=lambda finding: order.index(finding.status))


# SPF

MORE: Zone = {
    ("relay.test", "TXT"): ["v=spf1 ip4:198.51.100.0/24 -all"],
    ("other.test", "TXT"): ["v=spf1 ip4:192.0.2.1 -all"],
    ("papers.press", "A"): ["198.51.100.7"],
    ("papers.press", "AAAA"): ["2001:db8::7"],
    ("papers.press", "MX"): ["10 mx.papers.press"],
    ("mx.papers.press", "A"): ["198.51.100.9"],
    ("exists.test", "A"): ["127.0.0.2"],
}


@pytest.mark.parametrize(
    ("record", "result"),
    [
        ("v=spf1 ip4:198.51.100.7 -all", "pass"),
        ("v=spf1 ip4:198.51.100.0/29 ~all", "pass"),
        ("v=spf1 ip4:198.51.100.8 ~all", "softfail"),
        ("V=SPF1 -IP4:198.51.100.7 +all", "fail"),
        ("v=spf1 ?ip4:198.51.100.7 -all", "neutral"),
        ("v=spf1 ip6:2001:db8::/32 -all", "fail"),
        ("v=spf1 a -all", "pass"),
        ("v=spf1 a:papers.press/24 -all", "pass"),
        ("v=spf1 mx -all", "fail"),
        ("v=spf1 mx/28 -all", "pass"),
        ("v=spf1 mx:papers.press/28//64 -all", "pass"),
        ("v=spf1 include:relay.test -all", "pass"),
        ("v=spf1 include:other.test ~all", "softfail"),
        ("v=spf1 redirect=relay.test", "pass"),
        ("v=spf1 redirect=other.test", "fail"),
        ("v=spf1 ~all redirect=relay.test", "softfail"),
        ("v=spf1 exists:exists.test -all", "pass"),
        ("v=spf1 exists:%{i}._spf.papers.press -all", "depends"),
        ("v=spf1 ptr -all", "depends"),
        ("v=spf1 ip4:198.51.100.7 ptr -all", "pass"),
        ("v=spf1", "neutral"),
        ("v=spf1 a unknown=x exp=why.%{d} -all", "pass"),
    ],
)
def test_spf_comes_to_what_the_standard_says(record: str, result: str):
    """RFC 7208, 4.6 and 5: the first mechanism that matches decides."""
    zone = MORE | {("papers.press", "TXT"): ["something else", record]}
    assert Walk(asking(zone), HOME).result("papers.press") == result


def test_spf_of_an_address_of_the_other_kind():
    """IPv6 is compared with AAAA and ip6 alone."""
    zone = MORE | {("papers.press", "TXT"): ["v=spf1 a ip6:2001:db8:1::/48 -all"]}
    assert Walk(asking(zone), SIX).result("papers.press") == "pass"
    assert Walk(asking(zone), ip_address("2001:db8:1::5")).result("papers.press") == "pass"
    assert Walk(asking(zone), ip_address("2001:db8:2::5")).result("papers.press") == "fail"


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 ipv4:1.2.3.4 -all",
        "v=spf1 ip4:1.2.3.4.5 -all",
        "v=spf1 ip4:1.2.3.4/33 -all",
        "v=spf1 ip4:2001:db8:: -all",
        "v=spf1 ip4 -all",
        "v=spf1 ip6:fe80::1%eth0 -all",
        "v=spf1 include -all",
        "v=spf1 include: -all",
        "v=spf1 include:localhost -all",
        "v=spf1 exists:%{z} -all",
        "v=spf1 a:%(d) -all",
        "v=spf1 a/33 -all",
        "v=spf1 a//129 -all",
        "v=spf1 ptr/24 -all",
        "v=spf1 all:x",
        "v=spf1 -all, include:relay.test",
        "v=spf1 redirect=relay.test redirect=relay.test",
        "v=spf1 redirect=",
        "v=spf1 include:relay.test" + " a" * 9000,
        "v=spf1 include:ünï.test -all",
    ],
)
def test_spf_records_with_mistakes_are_broken(record: str):
    """As receivers take them: for a permanent error."""
    with pytest.raises(Malformed):
        parse(record)
    finding = worst(spf(record))
    assert finding.status is Status.PROBLEM
    assert "broken" in finding.title


@pytest.mark.parametrize(
    ("record", "more", "status", "said"),
    [
        ("v=spf1 ip4:198.51.100.7 -all", {}, Status.OK, "one record, 0 of 10 lookups"),
        ("v=spf1 ip4:192.0.2.9 -all", {}, Status.PROBLEM, "does not let 198.51.100.7 send"),
        ("v=spf1 +all", {}, Status.PROBLEM, "lets everybody send"),
        ("v=spf1 ip4:198.51.100.7 ?all", {}, Status.WARNING, "says nothing of others"),
        ("v=spf1 ip4:198.51.100.7", {}, Status.WARNING, "says nothing of others"),
        ("v=spf1 exists:%{i}.x.test ~all", {}, Status.UNKNOWN, "depends on each message"),
        ("v=spf1 include:gone.test ~all", {}, Status.PROBLEM, "broken"),
        ("v=spf1 include:papers.press ~all", {}, Status.PROBLEM, "broken"),
        ("v=spf1 redirect=papers.press", {}, Status.PROBLEM, "broken"),
        ("v=spf1 a:one.test a:two.test a:six.test ~all", {}, Status.PROBLEM, "broken"),
        (
            "v=spf1 ip4:198.51.100.7" + " a:papers.press" * 11 + " ~all",
            MORE,
            Status.PROBLEM,
            "costs 11 lookups",
        ),
    ],
)
def test_spf_is_judged(record: str, more: Zone, status: Status, said: str):
    """What is said, and that there is a mend for whatever is a problem."""
    finding = worst(spf(record, {k: v for k, v in more.items() if k != ("papers.press", "TXT")}))
    assert finding.status is status
    assert said in finding.title
    assert finding.mend or finding.status in (Status.OK, Status.UNKNOWN)


def test_spf_mends_can_be_pasted():
    """The record with the address in it lets the address send."""
    finding = worst(spf("v=spf1 include:other.test -all", MORE))
    assert finding.mend.splitlines()[1:] == [
        'papers.press. TXT "v=spf1 ip4:198.51.100.7 include:other.test -all"'
    ]
    (none,) = judge_spf("papers.press", [Origin("m.test", (HOME, SIX))], asking({}))
    assert none.status is Status.PROBLEM
    assert none.mend.endswith('papers.press. TXT "v=spf1 ip4:198.51.100.7 ip6:2001:db8::7 ~all"')
    zone: Zone = {("papers.press", "TXT"): ["v=spf1 a -all", "v=spf1 mx ~all"]}
    (two,) = judge_spf("papers.press", [MAIL], asking(zone))
    assert two.mend.endswith('papers.press. TXT "v=spf1 a mx ~all"')


def test_spf_of_a_relay_is_the_providers_to_know():
    """It may send from elsewhere than where it takes mail: a warning. Where nothing is known that is said."""
    assert worst(spf("v=spf1 ip4:192.0.2.9 -all", {}, RELAY)).status is Status.WARNING
    unknown = worst(spf("v=spf1 mx -all", {}, Origin("127.0.0.1", private="10.0.0.5")))
    assert unknown.status is Status.UNKNOWN
    assert "10.0.0.5" in unknown.detail


# DKIM


@pytest.mark.parametrize(
    ("texts", "status", "said"),
    [
        ([f"v=DKIM1; k=rsa; p={P}"], Status.OK, "is our key, RSA 2048"),
        ([f"p={P}"], Status.OK, "is our key"),
        ([f"v=DKIM1; p={P[:9]} {P[9:]};"], Status.OK, "is our key"),
        ([f"v=DKIM1; t=y:s; p={P}"], Status.WARNING, "marked as a test"),
        ([], Status.PROBLEM, "There is no DKIM record"),
        (["v=spf1 -all"], Status.PROBLEM, "There is no DKIM record"),
        ([f"p={P}", f"p={P}"], Status.PROBLEM, "There are 2 DKIM records"),
        ([f"k=rsa; v=DKIM1; p={P}"], Status.PROBLEM, "broken"),
        (["v=DKIM1; k=rsa"], Status.PROBLEM, "broken"),
        (["v=DKIM1; p=***"], Status.PROBLEM, "broken"),
        ([f"v=DKIM1; p={P}; p={P}"], Status.PROBLEM, "broken"),
        ([f"v=DKIM1; p={P}; hello"], Status.PROBLEM, "broken"),
        (["v=DKIM1; p="], Status.PROBLEM, "not that of the key"),
        (["v=DKIM1; p=AAAA"], Status.PROBLEM, "not that of the key"),
        ([f"v=DKIM1; k=ed25519; p={P}"], Status.PROBLEM, "not that of the key"),
        ([f"v=DKIM1; h=sha1; p={P}"], Status.PROBLEM, "not that of the key"),
        ([f"v=DKIM1; s=tlsrpt; p={P}"], Status.PROBLEM, "not that of the key"),
        ([f"v=DKIM1; s=email; h=sha1:sha256; p={P}"], Status.OK, "is our key"),
    ],
)
def test_dkim_is_judged(texts: list[str], status: Status, said: str):
    """RFC 6376, 3.6.1; what is to be published stands in the mend."""
    finding = judge_dkim(KEY, texts)
    assert finding.status is status, finding
    assert said in finding.title
    assert (finding.status is Status.OK) == (not finding.mend)
    if status is Status.PROBLEM:
        assert finding.mend.endswith(f'nl._domainkey.papers.press. TXT "v=DKIM1; k=rsa; p={P}"')


def test_dkim_keys_that_are_too_short_or_for_another_domain():
    """1024 bits are refused by large inboxes; t=s wants the very domain of From."""
    short = SigningKey(KEY.name, KEY.record, 1024, KEY.identity)
    assert judge_dkim(short, [KEY.record]).status is Status.PROBLEM
    below = SigningKey(KEY.name, KEY.record, 2048, "news.papers.press")
    assert judge_dkim(below, [f"v=DKIM1; t=s; p={P}"]).status is Status.WARNING
    assert judge_dkim(KEY, [f"v=DKIM1; t=s; p={P}"]).status is Status.OK
    assert judge_dkim(below, [KEY.record]).status is Status.OK


# DMARC


def dmarc(zone: Zone, domain: str = "papers.press", signer: str | None = None, envelope: str = "x.test"):
    """All findings, with this envelope and this signature."""
    return list(judge_dmarc(domain, policy_of(domain, asking(zone)), signer, envelope))


GOOD = "v=DMARC1; p=quarantine; rua=mailto:dmarc@papers.press"


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([], "has no DMARC record"),
        (["v=dmarc1; p=none"], "has no DMARC record"),
        (["p=none; v=DMARC1"], "has no DMARC record"),
        ([GOOD, GOOD], "has 2 DMARC records"),
        (["v=DMARC1"], "broken"),
        (["v=DMARC1; p=all"], "broken"),
        (["v=DMARC1; p=none; adkim=x"], "broken"),
        (["v=DMARC1; p=none; rua=dmarc@papers.press"], "broken"),
        (["v=DMARC1; p=none; p=reject"], "broken"),
    ],
)
def test_dmarc_records_that_count_for_none(texts: list[str], said: str):
    """A problem each, with a record to paste."""
    (finding,) = dmarc({("_dmarc.papers.press", "TXT"): texts}, signer="papers.press")
    assert finding.status is Status.PROBLEM
    assert said in finding.title
    assert '_dmarc.papers.press. TXT "v=DMARC1; p=none; rua=mailto:dmarc@papers.press"' in finding.mend


@pytest.mark.parametrize(
    ("tags", "domain", "signer", "envelope", "status"),
    [
        ("", "papers.press", "papers.press", "relay.test", Status.OK),
        ("", "papers.press", None, "papers.press", Status.OK),
        ("", "papers.press", None, "relay.test", Status.PROBLEM),
        ("", "papers.press", "other.press", "relay.test", Status.PROBLEM),
        ("", "papers.press", "mail.papers.press", "relay.test", Status.OK),
        ("; adkim=s", "papers.press", "mail.papers.press", "relay.test", Status.PROBLEM),
        ("; adkim=s", "papers.press", "mail.papers.press", "b.papers.press", Status.OK),
        ("; adkim=s; aspf=s", "papers.press", None, "b.papers.press", Status.PROBLEM),
        ("", "news.papers.press", "mail.papers.press", "relay.test", Status.OK),
    ],
)
def test_dmarc_alignment(tags: str, domain: str, signer: str | None, envelope: str, status: Status):
    """RFC 7489, 3.1: the same domain, or the same organisation where it is relaxed."""
    zone: Zone = {("_dmarc.papers.press", "TXT"): [GOOD + tags]}
    strength, alignment = dmarc(zone, domain, signer, envelope)
    assert strength.status is Status.OK
    assert alignment.status is status


def test_dmarc_is_found_above_and_stops_at_a_public_suffix():
    """The walk up; `psd=y` says that names below belong to others, so they are not one organisation."""
    zone: Zone = {("_dmarc.papers.press", "TXT"): [GOOD]}
    found = policy_of("a.b.papers.press", asking(zone))
    assert found is not None
    assert (found.at, found.organisation) == ("papers.press", "papers.press")
    zone = {("_dmarc.co.press", "TXT"): ["v=DMARC1; p=reject; psd=y; rua=mailto:a@b.test"]}
    assert dmarc(zone, "papers.co.press", "other.co.press", "x.test")[1].status is Status.PROBLEM
    assert dmarc(zone, "papers.co.press", "m.papers.co.press", "x.test")[1].status is Status.OK


def test_dmarc_without_reports_is_a_warning():
    """With the record that would bring them."""
    zone: Zone = {("_dmarc.papers.press", "TXT"): ["v=DMARC1; p=none;"]}
    strength, _ = dmarc(zone, signer="papers.press")
    assert strength.status is Status.WARNING
    assert strength.mend.endswith('TXT "v=DMARC1; p=none; rua=mailto:dmarc@papers.press"')


# MX and PTR


@pytest.mark.parametrize(
    ("zone", "status"),
    [
        ({("d.test", "MX"): ["10 mx.d.test"], ("mx.d.test", "AAAA"): ["2001:db8::1"]}, Status.OK),
        ({("d.test", "MX"): ["0 ."]}, Status.PROBLEM),
        ({("d.test", "MX"): ["10 mx.d.test"]}, Status.PROBLEM),
        ({("d.test", "A"): ["192.0.2.1"]}, Status.WARNING),
        ({}, Status.PROBLEM),
    ],
)
def test_mx_is_judged(zone: Zone, status: Status):
    """Null MX, a name without address, no MX."""
    finding = judge_mx("d.test", "replies", asking(zone))
    assert finding.status is status
    assert (status is Status.OK) == (not finding.mend)


@pytest.mark.parametrize(
    ("zone", "ours", "status"),
    [
        ({("198.51.100.7", "PTR"): ["m.test"], ("m.test", "A"): ["198.51.100.7"]}, True, Status.OK),
        ({("198.51.100.7", "PTR"): ["m.test"], ("m.test", "A"): ["192.0.2.1"]}, True, Status.PROBLEM),
        ({("198.51.100.7", "PTR"): ["m.test"]}, False, Status.WARNING),
        ({}, True, Status.PROBLEM),
        ({}, False, Status.WARNING),
    ],
)
def test_ptr_is_judged(zone: Zone, ours: bool, status: Status):
    """Forwards and backwards; what a relay lacks is a warning, since it may send from elsewhere."""
    (finding,) = judge_ptr(Origin("m.test", (HOME,), ours), asking(zone))
    assert finding.status is status
    (unknown,) = judge_ptr(Origin("127.0.0.1", private="10.0.0.5"), asking(zone))
    assert unknown.status is Status.UNKNOWN


# Whatever comes

_SPF = ["v=spf1", "include:", "a", "mx", "-all", "%{i}", "redirect=d.test", "include:d.test", "ip4:1.2.3.4"]
_TAGS = ["v=DKIM1;", "v=DMARC1;", "p=none;", "k=rsa;", "p=AAAA", "rua=mailto:a@b;", ";", "/24", "//", ":"]
_WORDS = st.sampled_from([*_SPF, *_TAGS])
TEXTS = st.one_of(st.text(), st.lists(_WORDS | st.text(max_size=4), max_size=30).map(" ".join))


@given(st.lists(TEXTS, max_size=3), TEXTS)
def test_no_record_makes_the_doctor_fail(texts: list[str], other: str):
    """Whatever the DNS has, everywhere and for every question, there are findings, and none of them holds
    what a terminal would obey."""

    def everywhere(question: Question) -> Sequence[str]:
        hosts = {"A": ["192.0.2.1"], "AAAA": [], "MX": ["10 d.test"], "PTR": ["d.test"]}
        return [*texts, f"v=spf1 {other}"] if question.kind == "TXT" else hosts[question.kind]

    found = list(judge_spf("d.test", [MAIL, RELAY], everywhere))
    found += judge_dmarc("d.test", policy_of("d.test", everywhere), "d.test", "d.test")
    found += [judge_dkim(KEY, texts), judge_mx("d.test", "replies", everywhere)]
    assert found
    said = "".join(finding.title + finding.detail + finding.mend.replace("\n", "") for finding in found)
    assert said.isprintable()


@given(st.text())
def test_tags_are_read_or_refused(text: str):
    """Never anything else; what is read is a name and a value each."""
    try:
        found = tags_of(text)
    except Malformed:
        return
    assert all(name.isascii() and name.isidentifier() for name in found)


@given(st.integers(1, 40), st.integers(0, 12))
def test_a_web_of_includes_ends(width: int, depth: int):
    """Records that name each other cost a bounded number of questions."""
    asked: list[Question] = []

    def web(question: Question) -> Sequence[str]:
        asked.append(question)
        level = int(question.name.split(".")[0][1:]) if question.name[0] == "l" else 0
        names = " ".join(f"include:l{level % (depth + 1) + 1}.n{at}.test" for at in range(width))
        return [f"v=spf1 {names} ~all"]

    assert list(judge_spf("d.test", [MAIL], web))
    assert len(asked) < 100
