"""What a returned message is, told from its parts in the order in which they are to be trusted."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from email.message import Message
from itertools import islice

from newsletter.core.bounces.arf import complaint
from newsletter.core.bounces.autoreply import is_auto_reply, is_unsubscribe
from newsletter.core.bounces.causes import cause_of
from newsletter.core.bounces.dsn import fields_of, has_fields, reported
from newsletter.core.bounces.judging import judge, phase_of
from newsletter.core.bounces.notification import notified
from newsletter.core.bounces.reading import ADDRESS, Returned, addresses_in, header, read_message
from newsletter.core.bounces.text import looks_returned, stanza, told
from newsletter.core.bounces.verdict import (
    MOST_RECIPIENTS,
    NOTHING,
    Cause,
    Kind,
    Report,
    Verdict,
    detail_of,
    mailbox,
)

__all__ = ["classify", "envelope_addresses", "returned_senders"]

_MOST_ADDRESSES = 20
_FIRST_LINES = 4
"""Of what is said of a person: enough where they say why."""


def classify(message: bytes) -> tuple[Verdict, ...]:
    """One verdict for each recipient of whom the message reports; one of no kind where it reports of nobody.

    The order of trust: a report for machines (RFC 3464), a complaint (RFC 5965), a notification in JSON, then
    the text. Only the first 256 kB are looked at, 64 parts, 50 recipients.
    """
    read = read_message(message)
    if is_unsubscribe(read):
        return (Verdict(kind=Kind.UNSUBSCRIBE, recipient=_sender(read), detail="unsubscribe"),)
    return (
        _reports(read) or _complaints(read) or _notifications(read) or _words(read, message) or _answer(read)
    )


def envelope_addresses(message: bytes) -> tuple[str, ...]:
    """To whom the message came, the most reliable header first; at most twenty, each once."""
    return _addresses(read_message(message).headers, "Delivered-To", "X-Original-To", "Envelope-To", "To")


def returned_senders(message: bytes) -> tuple[str, ...]:
    """The envelope senders of which the returned original and the report tell; at most twenty, each once."""
    read = read_message(message)
    stated = [address for part in read.reports for address in _reported_senders(part)]
    return tuple(dict.fromkeys([*_addresses(read.original, "Return-Path", "X-Envelope-From"), *stated]))[
        :_MOST_ADDRESSES
    ]


def _reports(message: Returned) -> tuple[Verdict, ...]:
    parts: Sequence[str] = message.reports
    if not parts and has_fields(message.prose) and looks_returned(message):
        parts = (message.prose,)
    found = [reported(part) for part in parts]
    people = [report for reports, _ in found for report in reports]
    if people:
        return _verdicts(people, message)
    return (NOTHING,) if any(is_delivered for _, is_delivered in found) else ()


def _complaints(message: Returned) -> tuple[Verdict, ...]:
    found = complaint(message)
    return (found,) if found else ()


def _notifications(message: Returned) -> tuple[Verdict, ...]:
    found = notified(message.prose)
    return tuple(item if isinstance(item, Verdict) else _verdict(item, message, []) for item in found)


def _words(message: Returned, raw: bytes) -> tuple[Verdict, ...]:
    if not looks_returned(message):
        return ()
    return _verdicts(told(message, raw), message)


def _verdicts(people: Sequence[Report], message: Returned) -> tuple[Verdict, ...]:
    """One for each person, of whom the first report counts."""
    firsts = {report.recipient: report for report in reversed(people)}
    reports = [report for report in people if firsts[report.recipient] is report][:MOST_RECIPIENTS]
    everybody = [report.recipient for report in reports if report.recipient]
    return tuple(_verdict(report, message, everybody) for report in reports)


def _answer(message: Returned) -> tuple[Verdict, ...]:
    if not is_auto_reply(message):
        return (NOTHING,)
    subject = detail_of(header(message.headers, "Subject"))
    return (Verdict(kind=Kind.AUTO_REPLY, recipient=_sender(message), detail=subject),)


def _completed(report: Report, message: Returned, everybody: list[str]) -> Report:
    """With what the text says, where the report itself says nothing that is understood."""
    if judge(report.text, report.status)[1]:
        return report
    more = _said_of(report, message, everybody)
    if len(everybody) > 1 and cause_of(begin := "\n".join(more.splitlines()[:_FIRST_LINES])):
        more = begin
    elif len(everybody) <= 1 and not cause_of(more):
        more = f"{message.prose}\n{header(message.headers, 'Subject')}"
    return replace(report, text=f"{report.text}\n{more}".strip())


def _said_of(report: Report, message: Returned, everybody: list[str]) -> str:
    return stanza(message.prose, report.recipient, everybody) if report.recipient else ""


def _verdict(report: Report, message: Returned, everybody: list[str]) -> Verdict:
    judged = _completed(report, message, everybody)
    phase = phase_of(judged.text) or phase_of(message.prose) or report.phase
    kind, cause, status = judge(judged.text, judged.status, phase)
    if report.delayed:
        kind, cause = Kind.SOFT, Cause.DELAYED
    return Verdict(
        kind=kind,
        recipient=report.recipient,
        status=status,
        cause=cause,
        detail=detail_of(judged.text or _said_of(report, message, everybody)),
    )


def _sender(message: Returned) -> str | None:
    return mailbox(*addresses_in(message.headers, "From"))


def _addresses(headers: Message, *names: str) -> tuple[str, ...]:
    found = (mailbox(address) for address in islice(addresses_in(headers, *names), 5 * _MOST_ADDRESSES))
    return tuple(dict.fromkeys(address for address in found if address))[:_MOST_ADDRESSES]


def _reported_senders(report: str) -> Iterator[str]:
    """As Postfix and others have it: `X-Postfix-Sender: rfc822; address`."""
    for group in islice(fields_of(report), _MOST_ADDRESSES):
        for name, value in group.items():
            if name.startswith("x-") and name.endswith("-sender"):
                yield from (address for found in ADDRESS.findall(value) if (address := mailbox(found)))
