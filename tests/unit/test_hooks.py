"""Where providers tell what came back: what they signed is recorded, and nothing else changes anything."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from support.commands import dump
from support.samples import NOW
from support.sent import ADA, CAME, Room, opened

from newsletter.core.webhooks.sns import signed_text
from newsletter.errors import ConfigError, SourceError, StoreError
from newsletter.web.hooks import ses
from newsletter.web.site import site

TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
SIGNING = "key-0123456789"
SENDGRID = ec.generate_private_key(ec.SECP256R1())
SENDGRID_KEY = base64.b64encode(
    SENDGRID.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()
AMAZON = rsa.generate_private_key(65537, 2048)
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem"
TABLES = f"""
[hooks.ses]
topic_arn = "{TOPIC}"
[hooks.sendgrid]
public_key = "{SENDGRID_KEY}"
[hooks.mailgun]
signing_key_file = "mailgun"
[hooks.postmark]
username = "postmark"
password_file = "postmark"
"""
Request = tuple[str, dict[str, str], bytes]
"""Path, headers and body."""


def certificate(key: rsa.RSAPrivateKey, days: int = 30) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(NOW - timedelta(days=60)).not_valid_after(NOW + timedelta(days=days))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


class Amazon:
    """What is found at its addresses, and what was asked for."""

    def __init__(self) -> None:
        self.pages = {CERTIFICATE: certificate(AMAZON)}
        self.asked: list[str] = []

    async def get(self, url: str) -> bytes:
        self.asked.append(url)
        if url not in self.pages:
            raise SourceError("nothing there")
        return self.pages[url]


class Hooks:
    """A newsletter whose copies were sent, with all hooks."""

    def __init__(self, room: Room, client: httpx.AsyncClient, amazon: Amazon) -> None:
        self.room, self.client, self.amazon = room, client, amazon

    async def post(self, request: Request) -> int:
        path, headers, body = request
        return (await self.client.post(path, headers=headers, content=body)).status_code

    @property
    def everything(self) -> list[str]:
        return dump(self.room.app.database.path.parent)


@asynccontextmanager
async def hooks_in(folder: Path, tables: str = TABLES) -> AsyncIterator[Hooks]:
    (folder / "mailgun").write_text(SIGNING)
    (folder / "postmark").write_text("p4ss:w0rd")
    amazon = Amazon()
    async with opened(folder, more=tables) as room:
        object.__setattr__(room.app, "fetch", amazon.get)
        transport = httpx.ASGITransport(site(room.app))
        async with httpx.AsyncClient(transport=transport, base_url="https://papers.example.org") as client:
            yield Hooks(room, client, amazon)


@pytest.fixture
async def hooks(tmp_path: Path) -> AsyncIterator[Hooks]:
    async with hooks_in(tmp_path) as found:
        yield found


# What providers send


def sns(event: Any, number: int = 1, version: str = "2", at: datetime = NOW, **changed: Any) -> Request:
    message = {
        "Type": "Notification",
        "MessageId": f"m{number}",
        "TopicArn": TOPIC,
        "Message": event if isinstance(event, str) else json.dumps(event),
        "Timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE,
    } | changed
    algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303
    signature = AMAZON.sign(signed_text(message) or b"", padding.PKCS1v15(), algorithm)
    message["Signature"] = base64.b64encode(signature).decode()
    return "/hooks/ses", {"x-amz-sns-message-type": message["Type"]}, json.dumps(message).encode()


def ses_request(what: str, number: int = 1, at: datetime = NOW, **values: Any) -> Request:
    people = [{"emailAddress": ADA, "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}]
    stamp = {"timestamp": at.isoformat(), "feedbackId": f"f{number}"}
    bounce = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": people} | stamp
    complaint = {"complainedRecipients": people} | stamp
    event = {"notificationType": what, "bounce": bounce, "complaint": complaint}
    return sns(event, number, at=at, **values)


def sendgrid_request(what: str, number: int = 1, at: datetime = NOW) -> Request:
    kind = {"Bounce": "bounce", "Complaint": "spamreport", "Delivery": "delivered"}[what]
    event = {"email": ADA, "event": kind, "timestamp": int(at.timestamp()), "sg_event_id": f"e{number}"}
    event |= {"type": "bounce", "reason": "550 5.1.1 user unknown"}
    body, time = json.dumps([event]).encode(), str(int(at.timestamp()))
    signature = SENDGRID.sign(time.encode() + body, ec.ECDSA(hashes.SHA256()))
    start = "X-Twilio-Email-Event-Webhook-"
    headers = {f"{start}Signature": base64.b64encode(signature).decode(), f"{start}Timestamp": time}
    return "/hooks/sendgrid", headers, body


def mailgun_request(what: str, number: int = 1, at: datetime = NOW, **event: Any) -> Request:
    kind = {"Bounce": "failed", "Complaint": "complained", "Delivery": "delivered"}[what]
    known = {"event": kind, "recipient": ADA, "id": f"i{number}", "timestamp": at.timestamp()}
    known |= {"severity": "permanent", "delivery-status": {"code": 550, "message": "5.1.1 user unknown"}}
    time, token = str(int(at.timestamp())), f"token{number}"
    signature = hmac.new(SIGNING.encode(), f"{time}{token}".encode(), hashlib.sha256).hexdigest()
    signed = {"timestamp": time, "token": token, "signature": signature}
    return "/hooks/mailgun", {}, json.dumps({"signature": signed, "event-data": known | event}).encode()


def postmark_request(what: str, number: int = 1, at: datetime = NOW) -> Request:
    kind = {"Bounce": "Bounce", "Complaint": "SpamComplaint", "Delivery": "Delivery"}[what]
    record = {"RecordType": kind, "ID": number, "Type": "HardBounce", "Email": ADA}
    record |= {"BouncedAt": at.isoformat(), "Details": "550 5.1.1 user unknown"}
    credentials = base64.b64encode(b"postmark:p4ss:w0rd").decode()
    return "/hooks/postmark", {"Authorization": f"Basic {credentials}"}, json.dumps(record).encode()


PROVIDERS = {
    "ses": ses_request,
    "sendgrid": sendgrid_request,
    "mailgun": mailgun_request,
    "postmark": postmark_request,
}


@pytest.fixture(params=PROVIDERS)
def told(request: pytest.FixtureRequest) -> Any:
    return PROVIDERS[request.param]


# What is signed


async def test_two_bounces_on_two_days_end_it(hooks: Hooks, told: Any):
    """As with messages that come back; the history says how we know."""
    assert await hooks.post(told("Bounce")) == 200
    assert await hooks.room.status() == "active"
    hooks.room.later(days=1)
    assert await hooks.post(told("Bounce", 2, NOW + timedelta(days=1))) == 200
    assert await hooks.room.status() == "bounced"
    assert await hooks.room.history() == [*CAME, ("bounce: 5.1.1 unknown-user", "webhook")]


async def test_a_complaint_ends_it_at_once(hooks: Hooks, told: Any):
    """The provider has proved who it is."""
    assert await hooks.post(told("Complaint")) == 200
    assert await hooks.room.status() == "complained"


async def test_what_has_arrived_changes_nothing(hooks: Hooks, told: Any):
    """It is taken, or the provider would send it again."""
    before = hooks.everything
    assert await hooks.post(told("Delivery")) == 200
    assert hooks.everything == before


async def test_what_is_sent_again_changes_nothing(hooks: Hooks, told: Any):
    """Providers send again what they are not sure about, and others what they have overheard."""
    await hooks.post(told("Bounce"))
    before = hooks.everything
    hooks.room.later(hours=23)
    assert await hooks.post(told("Bounce")) in (200, 403)
    assert hooks.everything == before


async def test_where_nothing_can_be_recorded_it_is_to_try_again(
    hooks: Hooks, told: Any, monkeypatch: pytest.MonkeyPatch
):
    """And then it is taken, though it was heard before."""

    async def busy(*_: object) -> None:
        raise StoreError("busy")

    with monkeypatch.context() as patched:
        patched.setattr(hooks.room.app.returns, "hear", busy)
        assert await hooks.post(told("Complaint")) == 503
    assert await hooks.post(told("Complaint")) == 200
    assert await hooks.room.status() == "complained"


# What is not


async def test_whatever_is_changed_in_it_is_refused(hooks: Hooks, told: Any):
    """Each part of what is signed; nothing changes."""
    path, headers, body = told("Complaint")
    before = hooks.everything
    forged = [(path, {}, body)] if path != "/hooks/ses" and path != "/hooks/mailgun" else []
    for name, value in headers.items():
        if not name.startswith("x-amz"):
            forged.append((path, headers | {name: value[:-6] + "AAAAA="}, body))
    if path in ("/hooks/ses", "/hooks/sendgrid"):
        forged += [
            (path, headers, body.replace(ADA.encode(), b"reader1@example.org")),
            (path, headers, body + b" "),
        ]
    if path == "/hooks/ses":
        forged.pop()  # white space around JSON is not signed, and says nothing
        forged += [
            (path, headers, json.dumps(json.loads(body) | changed).encode())
            for changed in (
                {"Signature": "AAAA"},
                {"Signature": None},
                {"SignatureVersion": "1"},
                {"SignatureVersion": "3"},
                {"MessageId": "other"},
                {"TopicArn": TOPIC + "2"},
                {"SigningCertURL": "https://evil.example/cert.pem"},
                {"Type": "Other"},
            )
        ]
    if path == "/hooks/mailgun":
        signed = json.loads(body)
        forged += [
            (path, headers, json.dumps(signed | {"signature": signed["signature"] | changed}).encode())
            for changed in (
                {"token": "x"},
                {"token": ""},
                {"timestamp": "1773214201"},
                {"signature": "0" * 64},
            )
        ]
        forged.append((path, headers, json.dumps({"event-data": signed["event-data"]}).encode()))
    assert len(forged) > 1
    for request in forged:
        assert await hooks.post(request) in (401, 403), request
    assert hooks.everything == before
    assert await hooks.post((path, headers, body)) == 200


@pytest.mark.parametrize("told", [ses_request, sendgrid_request, mailgun_request])
@pytest.mark.parametrize("age", [timedelta(days=1, seconds=1), timedelta(minutes=-11)])
async def test_what_is_stale_is_refused(hooks: Hooks, told: Any, age: timedelta):
    """However well it is signed."""
    before = hooks.everything
    assert await hooks.post(told("Complaint", at=NOW - age)) == 403
    assert hooks.everything == before


async def test_a_token_of_mailgun_is_good_for_one_event(tmp_path: Path):
    """Also of one that said nothing of a reader, and after a restart of one that did."""
    async with hooks_in(tmp_path) as hooks:
        assert await hooks.post(mailgun_request("Delivery", 1)) == 200
        assert await hooks.post(mailgun_request("Complaint", 1)) == 403
        assert await hooks.post(mailgun_request("Complaint", 2, recipient="reader1@example.org")) == 200
        transport = httpx.ASGITransport(site(hooks.room.app))
        async with httpx.AsyncClient(transport=transport, base_url="https://x.example") as restarted:
            again = mailgun_request("Complaint", 2)
            assert (await restarted.post(again[0], content=again[2])).status_code == 200
        assert [await hooks.room.status(email) for email in (ADA, "reader1@example.org")] == [
            "active",
            "complained",
        ]


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"null", b'"x"', b"[1]", b"{}", b"\xff"])
async def test_what_is_no_json_of_theirs_is_refused(hooks: Hooks, told: Any, body: bytes):
    """Whatever it is: an answer, and no failure of ours."""
    path, headers, _ = told("Bounce")
    before = hooks.everything
    if path == "/hooks/sendgrid":
        time = str(int(NOW.timestamp()))
        signature = SENDGRID.sign(time.encode() + body, ec.ECDSA(hashes.SHA256()))
        start = "X-Twilio-Email-Event-Webhook-"
        headers = {f"{start}Signature": base64.b64encode(signature).decode(), f"{start}Timestamp": time}
    assert await hooks.post((path, headers, body)) in (200, 400, 403)
    assert hooks.everything == before


async def test_too_much_is_refused(hooks: Hooks, told: Any):
    """Four megabytes are more than any of them sends."""
    path, headers, _ = told("Bounce")
    assert await hooks.post((path, headers, b" " * (4 * 2**20 + 1))) == 413


async def test_what_is_not_configured_does_not_exist(tmp_path: Path, told: Any):
    """Nor is a hook anything to look at."""
    async with hooks_in(tmp_path, "") as hooks:
        assert await hooks.post(told("Bounce")) == 404
        assert (await hooks.client.get(told("Bounce")[0])).status_code == 404


# SNS


async def test_a_subscription_to_our_topic_is_confirmed(hooks: Hooks):
    """By asking the address that came with it; that of another topic is not."""
    address = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=t&Token=x"
    hooks.amazon.pages[address] = b"<ok/>"
    asking = {"Type": "SubscriptionConfirmation", "SubscribeURL": address, "Token": "x"}
    assert await hooks.post(sns("You have chosen", TopicArn=TOPIC + "2", **asking)) == 403
    assert await hooks.post(sns("x", **asking | {"SubscribeURL": "https://evil.example/?Action=x"})) == 403
    assert address not in hooks.amazon.asked
    assert await hooks.post(sns("You have chosen to subscribe", **asking)) == 200
    assert hooks.amazon.asked[-1] == address


@pytest.mark.parametrize("version", ["1", "2"])
async def test_both_versions_of_the_signature_are_read(hooks: Hooks, version: str):
    """SHA-1 is what a topic has until it is changed."""
    assert await hooks.post(ses_request("Complaint", version=version)) == 200
    assert await hooks.room.status() == "complained"


async def test_the_certificate_is_asked_for_once_a_day(hooks: Hooks):
    """And not at all for who does not name our topic."""
    await hooks.post(ses_request("Bounce", TopicArn=TOPIC + "2"))
    assert hooks.amazon.asked == []
    for number in range(3):
        assert await hooks.post(ses_request("Bounce", number)) == 200
    assert hooks.amazon.asked == [CERTIFICATE]
    hooks.room.later(days=1)
    assert await hooks.post(ses_request("Bounce", 5, NOW + timedelta(days=1))) == 200
    assert hooks.amazon.asked == [CERTIFICATE] * 2


@pytest.mark.parametrize(
    "page",
    [
        b"no certificate",
        certificate(rsa.generate_private_key(65537, 2048)),
        certificate(AMAZON, days=-1),
    ],
)
async def test_another_certificate_is_not_believed(hooks: Hooks, page: bytes):
    """Of another key, of yesterday, or none at all."""
    hooks.amazon.pages[CERTIFICATE] = page
    assert await hooks.post(ses_request("Complaint")) == 403
    assert await hooks.room.status() == "active"


async def test_a_certificate_that_cannot_be_had_is_asked_for_again(hooks: Hooks):
    """Amazon is told to try again."""
    hooks.amazon.pages.clear()
    assert await hooks.post(ses_request("Complaint")) == 503
    hooks.amazon.pages[CERTIFICATE] = certificate(AMAZON)
    assert await hooks.post(ses_request("Complaint")) == 200


async def test_few_certificates_are_kept(hooks: Hooks):
    """Nobody fills our memory with them."""
    hook = ses.SesHook(hooks.room.app, hooks.amazon.get)
    for number in range(40):
        hooks.amazon.pages[str(number)] = b"x"
        await hook._certificate(str(number), NOW)
    assert len(hook._certificates) == 16


# Configuration


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ('[hooks.sendgrid]\npublic_key = "AAAA"', r"\[hooks.sendgrid\] public_key"),
        ('[hooks.mailgun]\nsigning_key_file = "nowhere"', "signing_key_env"),
        ('[hooks.postmark]\nusername = "x"', "password_env"),
        ('[hooks.ses]\ntopic_arn = "x"', "topic_arn"),
    ],
)
async def test_a_hook_that_cannot_work_is_said(tmp_path: Path, tables: str, said: str):
    """Before anything is served, with the key to be mended."""
    with pytest.raises(ConfigError, match=said):
        async with hooks_in(tmp_path, tables):
            pass
