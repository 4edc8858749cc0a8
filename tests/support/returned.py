"""Messages as they come back to who sent a newsletter: reports, complaints, wishes to leave."""

from email.message import EmailMessage
from email.utils import format_datetime

from support.samples import NOW

__all__ = ["complaint", "dsn", "leaving", "original"]


def original(email: str, message_id: str = "<1@papers.example.org>", returned_to: str = "") -> str:
    """The header of a copy, as reports return it."""
    lines = [f"Return-Path: <{returned_to}>"] if returned_to else []
    lines += ["From: Papers <papers@example.org>", f"To: {email}", "Subject: Edition 1"]
    return "\r\n".join([*lines, f"Message-ID: {message_id}", "", ""])


def dsn(
    email: str,
    to: str,
    *,
    status: str = "5.1.1",
    text: str = "550 5.1.1 <{email}>: Recipient address rejected: User unknown",
    number: int = 1,
    returned: str | None = None,
) -> bytes:
    """A report that the mail to `email` has failed, returned to the address `to` (RFC 3464). Each number is
    another report."""
    action = "failed" if status.startswith("5") else "delayed"
    return "\r\n".join(
        [
            "From: Mail Delivery System <MAILER-DAEMON@mx.example.net>",
            f"To: <{to}>",
            "Subject: Undelivered Mail Returned to Sender",
            f"Date: {format_datetime(NOW)}",
            f"Message-ID: <report{number}@mx.example.net>",
            "Auto-Submitted: auto-replied",
            "MIME-Version: 1.0",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            "",
            "--b",
            "Content-Type: text/plain",
            "",
            "I'm sorry to have to inform you that your message could not be delivered.",
            "",
            "--b",
            "Content-Type: message/delivery-status",
            "",
            "Reporting-MTA: dns; mx.example.net",
            "",
            f"Final-Recipient: rfc822; {email}",
            f"Action: {action}",
            f"Status: {status}",
            f"Diagnostic-Code: smtp; {text.format(email=email)}",
            "",
            "--b",
            "Content-Type: text/rfc822-headers",
            "",
            original(email) if returned is None else returned,
            "--b--",
            "",
        ]
    ).encode()


def complaint(email: str, to: str, returned: str) -> bytes:
    """A report of abuse (RFC 5965) about a copy to `email`."""
    return "\r\n".join(
        [
            "From: feedback@mail.example.net",
            f"To: <{to}>",
            "Subject: complaint",
            "Message-ID: <complaint@mail.example.net>",
            "MIME-Version: 1.0",
            'Content-Type: multipart/report; report-type=feedback-report; boundary="b"',
            "",
            "--b",
            "Content-Type: text/plain",
            "",
            "This is an email abuse report.",
            "",
            "--b",
            "Content-Type: message/feedback-report",
            "",
            "Feedback-Type: abuse",
            "User-Agent: SomeGenerator/1.0",
            "Version: 1",
            f"Original-Rcpt-To: <{email}>",
            "",
            "--b",
            "Content-Type: message/rfc822",
            "",
            returned,
            "--b--",
            "",
        ]
    ).encode()


def leaving(email: str, to: str) -> bytes:
    """What a mail program sends for a reader who presses its button."""
    message = EmailMessage()
    message["From"], message["To"] = email, to
    message["Subject"], message["Message-ID"] = "unsubscribe", "<leaving@example.org>"
    message.set_content("")
    return bytes(message).replace(b"\n", b"\r\n")
