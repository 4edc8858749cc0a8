"""What providers tell, in their words and in ours."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.bounces import Cause, Kind
from newsletter.core.feedback import Feedback
from newsletter.core.scores import weight
from newsletter.core.webhooks import (
    mailgun_feedback,
    postmark_feedback,
    sendgrid_feedback,
    ses_feedback,
)
from newsletter.core.webhooks.sns import is_certificate_address, is_confirmation_address, signed_text

ADA = "ada@example.org"


def ses_bounce(kind: str, sub: str, words: str = "", status: str = "", by: str = "notificationType") -> Any:
    return {
        by: "Bounce",
        "bounce": {
            "bounceType": kind,
            "bounceSubType": sub,
            "bouncedRecipients": [
                {"emailAddress": ADA, "action": "failed", "status": status, "diagnosticCode": words}
            ],
            "timestamp": "2026-03-11T08:00:00.000Z",
            "feedbackId": "0100-1",
        },
        "mail": {"source": "bounces+x@papers.example.org", "commonHeaders": {"messageId": "<1@x.example>"}},
    }


def sendgrid(event: str, **more: Any) -> Any:
    known = {"email": ADA, "timestamp": 1773216000, "event": event, "sg_event_id": "e1", "smtp-id": "<1@x>"}
    return [known | more]


def mailgun(event: str, **more: Any) -> Any:
    known = {
        "event": event,
        "id": "i1",
        "timestamp": 1773216000.25,
        "recipient": ADA,
        "message": {"headers": {"message-id": "1@x.example"}},
        "envelope": {"sender": "bounces+x@papers.example.org"},
    }
    return {"signature": {"token": "t", "timestamp": "1", "signature": "s"}, "event-data": known | more}


def failed(severity: str, code: int, message: str, reason: str = "bounce") -> Any:
    status = {"code": code, "message": message, "description": ""}
    return mailgun("failed", **{"severity": severity, "reason": reason, "delivery-status": status})


def postmark(what: str, details: str = "") -> Any:
    return {
        "RecordType": "Bounce",
        "ID": 4323372036854775807,
        "Type": what,
        "Email": ADA,
        "BouncedAt": "2026-03-11T08:00:00Z",
        "Details": details,
    }


USER_UNKNOWN = "smtp; 550 5.1.1 user unknown"
SAID = {
    "ses: gone": (ses_feedback, ses_bounce("Permanent", "General", USER_UNKNOWN, "5.1.1"), "hard", 3),
    "ses: suppressed": (ses_feedback, ses_bounce("Permanent", "Suppressed"), "hard", 3),
    "ses: as an event": (ses_feedback, ses_bounce("Permanent", "NoEmail", by="eventType"), "hard", 3),
    "ses: full": (ses_feedback, ses_bounce("Transient", "MailboxFull"), "soft", 1),
    "ses: refuses the content": (ses_feedback, ses_bounce("Transient", "ContentRejected"), "soft", 0),
    "ses: on a list": (
        ses_feedback,
        ses_bounce("Permanent", "General", "550 5.7.1 blocked using zen.spamhaus.org", "5.7.1"),
        "soft",
        0,
    ),
    "ses: undetermined": (ses_feedback, ses_bounce("Undetermined", "Undetermined"), "soft", 1),
    "ses: complaint": (
        ses_feedback,
        {
            "notificationType": "Complaint",
            "complaint": {
                "complainedRecipients": [{"emailAddress": ADA}],
                "complaintFeedbackType": "abuse",
                "feedbackId": "c",
                "timestamp": "2026-03-11T08:00:00.000Z",
            },
        },
        "complaint",
        0,
    ),
    "sendgrid: gone": (
        sendgrid_feedback,
        sendgrid("bounce", type="bounce", status="5.1.1", reason="550 5.1.1 user unknown"),
        "hard",
        3,
    ),
    "sendgrid: blocked": (
        sendgrid_feedback,
        sendgrid("bounce", type="blocked", status="5.7.1", reason="550 5.7.1 listed by Spamhaus"),
        "soft",
        0,
    ),
    "sendgrid: dropped": (sendgrid_feedback, sendgrid("dropped", reason="Bounced Address"), "hard", 3),
    "sendgrid: dropped spam": (
        sendgrid_feedback,
        sendgrid("dropped", reason="Spam Reporting Address"),
        "complaint",
        0,
    ),
    "sendgrid: deferred": (sendgrid_feedback, sendgrid("deferred", response="450 later"), "soft", 0),
    "sendgrid: spam": (sendgrid_feedback, sendgrid("spamreport"), "complaint", 0),
    "sendgrid: leaves": (sendgrid_feedback, sendgrid("group_unsubscribe"), "unsubscribe", 0),
    "mailgun: gone": (mailgun_feedback, failed("permanent", 550, "5.1.1 No such user here"), "hard", 3),
    "mailgun: full": (mailgun_feedback, failed("permanent", 552, "5.2.2 mailbox full"), "soft", 1),
    "mailgun: later": (mailgun_feedback, failed("temporary", 450, "greylisted"), "soft", 0),
    "mailgun: suppressed": (
        mailgun_feedback,
        failed("permanent", 605, "Not delivering to previously bounced address", "suppress-bounce"),
        "hard",
        3,
    ),
    "mailgun: spam": (mailgun_feedback, mailgun("complained"), "complaint", 0),
    "mailgun: leaves": (mailgun_feedback, mailgun("unsubscribed"), "unsubscribe", 0),
    "postmark: gone": (postmark_feedback, postmark("HardBounce", USER_UNKNOWN), "hard", 3),
    "postmark: soft": (postmark_feedback, postmark("SoftBounce", "452 4.2.2 over quota"), "soft", 1),
    "postmark: blocked": (postmark_feedback, postmark("Blocked", "554 5.7.1"), "soft", 0),
    "postmark: answer": (postmark_feedback, postmark("AutoResponder"), "auto-reply", 0),
    "postmark: spam": (
        postmark_feedback,
        postmark("HardBounce") | {"RecordType": "SpamComplaint"},
        "complaint",
        0,
    ),
    "postmark: leaves": (
        postmark_feedback,
        {
            "RecordType": "SubscriptionChange",
            "MessageID": "m",
            "ChangedAt": "2026-03-11T08:00:00Z",
            "Recipient": ADA,
            "SuppressSending": True,
            "SuppressionReason": "ManualSuppression",
        },
        "unsubscribe",
        0,
    ),
}
IGNORED = [
    (ses_feedback, {"notificationType": "Delivery", "delivery": {"recipients": [ADA]}}),
    (ses_feedback, {"notificationType": "Complaint", "complaint": {"complaintFeedbackType": "not-spam"}}),
    (
        sendgrid_feedback,
        sendgrid("delivered") + sendgrid("open") + sendgrid("dropped", reason="Invalid SMTPAPI header"),
    ),
    (mailgun_feedback, mailgun("delivered")),
    (postmark_feedback, {"RecordType": "Delivery", "Recipient": ADA}),
    (postmark_feedback, {"RecordType": "SubscriptionChange", "Recipient": ADA, "SuppressSending": False}),
]


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_of_a_reader(name: str):
    """Kind and weight are those that the words deserve; address and time are there, and it is vouched for."""
    read, payload, kind, counts = SAID[name]
    (said,) = read(payload)
    assert (said.kind, weight(said.kind, said.cause)) == (kind, counts)
    assert (said.recipient, said.vouched) == (ADA, True)
    assert said.at is not None
    assert said.at.isoformat().startswith("2026-03-11T08:00:00")


@pytest.mark.parametrize(("read", "payload"), IGNORED)
def test_what_says_nothing_of_a_reader(read: Any, payload: Any):
    """What has arrived, was opened, or comes from a mistake of ours."""
    assert read(payload) == ()


def test_events_are_known_by_their_names():
    """The same event has the same key, another has another; what names a copy is handed on."""
    first, other = sendgrid("spamreport"), sendgrid("spamreport", sg_event_id="e2")
    keys = [said.key for said in sendgrid_feedback(first + first + other)]
    assert keys[0] == keys[1] != keys[2]
    (said,) = ses_feedback(ses_bounce("Permanent", "General"))
    assert (said.addresses, said.message_ids) == (("bounces+x@papers.example.org",), ("<1@x.example>",))
    (said,) = mailgun_feedback(mailgun("complained"))
    assert (said.addresses, said.message_ids) == (("bounces+x@papers.example.org",), ("<1@x.example>",))


def test_a_token_of_mailgun_is_good_for_one_event():
    """Whatever stands beside it: the signature covers nothing else."""
    (one,) = mailgun_feedback(mailgun("complained"))
    (other,) = mailgun_feedback(mailgun("unsubscribed", recipient="bo@example.org", id="i2"))
    assert one.key == other.key


def test_several_recipients_are_several_events():
    """Each under a key of its own."""
    event = ses_bounce("Permanent", "General")
    event["bounce"]["bouncedRecipients"].append({"emailAddress": "bo@example.org"})
    assert len({said.key for said in ses_feedback(event)}) == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


@given(st.sampled_from(sorted(SAID)), st.data())
def test_whatever_is_sent_is_read(name: str, data: st.DataObject):
    """With any part of it put in the place of any other: no error, and what is answered can be stored."""
    read, payload, _, _ = SAID[name]

    def damaged(value: Any) -> Any:
        if data.draw(st.integers(0, 7)) == 0:
            return data.draw(JSON)
        if isinstance(value, dict):
            return {key: damaged(inner) for key, inner in value.items()}
        return [damaged(inner) for inner in value] if isinstance(value, list) else value

    for said in read(damaged(payload)):
        assert isinstance(said, Feedback)
        "".join([said.key, said.detail, said.recipient or "", *said.addresses, *said.message_ids]).encode()


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b2c.pem", True),
        ("https://sns.us-gov-west-1.amazonaws.com/SimpleNotificationService-0a1b2c.pem", True),
        ("https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-0a1b2c.pem", True),
        ("http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b2c.pem", False),
        ("https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0a1b2c.pem", False),
        ("https://evil.example/sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b2c.pem", False),
        ("https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-0a1b2c.pem", False),
        ("https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-0a1b2c.pem", False),
        ("https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b2c.pem", False),
        ("https://sns.mybucket.amazonaws.com/SimpleNotificationService-0a1b2c.pem", False),
        ("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b2c.pem\n", False),
        ("https://sns.eu-west-1.amazonaws.com/../SimpleNotificationService-0a1b2c.pem", False),
        (None, False),
        (["https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b2c.pem"], False),
    ],
)
def test_certificates_come_from_amazon_alone(url: Any, good: bool):
    """By https, from SNS in one of its regions, under the name that they have there."""
    assert is_certificate_address(url) is good


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=a&Token=b", True),
        ("https://sns.eu-west-1.amazonaws.com/?Action=Publish&TopicArn=a&Message=b", False),
        ("https://evil.example/?Action=ConfirmSubscription&Token=b", False),
        ("https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=b c", False),
    ],
)
def test_only_a_confirmation_is_visited(url: str, good: bool):
    """Nothing else that SNS can do is asked of it."""
    assert is_confirmation_address(url) is good


def test_what_is_signed_is_what_the_guide_says():
    """Names and values in lines, in the order of the alphabet, the subject where there is one."""
    message = {"Type": "Notification", "MessageId": "m", "TopicArn": "t", "Message": "hi", "Timestamp": "now"}
    assert (
        signed_text(message)
        == b"Message\nhi\nMessageId\nm\nTimestamp\nnow\nTopicArn\nt\nType\nNotification\n"
    )
    with_subject = signed_text(message | {"Subject": "s"})
    assert with_subject is not None
    assert b"m\nSubject\ns\nTimestamp" in with_subject
    assert signed_text(message | {"Message": 1}) is None
    assert signed_text(message | {"Type": "Other"}) is None
    assert signed_text([message]) is None


def test_a_warning_costs_nothing():
    """A provider that still tries may yet deliver."""
    assert weight(Kind.SOFT, Cause.DELAYED) == 0
