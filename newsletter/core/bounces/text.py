"""Returned messages that speak to people only: who sent them, whom they name, and what they say of each."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from itertools import islice

from flufl.bounce import all_failures

from newsletter.core.bounces.notices import FAILED, SUBJECT, WARNING
from newsletter.core.bounces.phrases import plain_words
from newsletter.core.bounces.reading import ADDRESS, Returned, addresses_in, header, simplified
from newsletter.core.bounces.verdict import MOST_RECIPIENTS, Report, mailbox

__all__ = ["is_warning", "looks_returned", "stanza", "told"]

_LONGEST_STANZA = 1200
_MOST_LINES = 1000

_DAEMON = re.compile(
    r"\b(?:mailer[-_.]?daemon|post[-_]?master|mail[-_. ]?deliver\w{0,3}[-_. ](?:sub)?system|mdaemon"
    r"|mail[-_. ]?daemon|mail administrator|system administrator|bounces?)",
    re.IGNORECASE,
)
_STATED = re.compile(
    r"^[\W_]{0,12}"
    r"(?:(?:recipients?|(?:original |final |failed )?recipient(?: address)?|address|addressee|user|rcpt to"
    r"|e-?mail|error|[45]\d\d|[45]\.\d\.\d{1,3}|[\w.+-]{1,64}:\d{1,9})[ \t:;,=<\[(.-]{1,9}){0,3}"
    r"(?:rfc822;[ \t]{0,3})?[<\"'\[(]{0,3}$",
    re.IGNORECASE,
)
"""What may stand in a line before an address that is the subject of the line."""
_NAMED = re.compile(
    r"(?:deliver\w{0,4}|undeliverable|recipient\w?|address\w{0,2}|mailbox|user|account|attempts|allowed size"
    r"|errors|reach\w{0,2}|to|for|rcpt)[ \t:]{1,4}(?:to[ \t:]{1,4})?[<\"'\[(]{0,3}$",
    re.IGNORECASE,
)
"""What stands before one to which a line comes."""
_NOT_THEM = re.compile(
    r"\b(?:from|sender|message-id|contact|reply-to|envelope-from|helo|cc|via|by)\b[^@]{0,40}$", re.IGNORECASE
)
_OURS = re.compile(r"(?:mailer-daemon|post_?master|abuse|support|help)@", re.IGNORECASE)


def looks_returned(message: Returned) -> bool:
    """It speaks of a message not delivered; and a mail system wrote it, or nobody, with such a subject."""
    headers = message.headers
    if "X-Failed-Recipients" in headers:
        return True
    subject = plain_words(header(headers, "Subject")).lstrip()
    is_titled = SUBJECT.search(subject) is not None
    if _is_daemon(header(headers, "From")):
        return is_titled or (_says_so(message.prose) and bool(_mailboxes(_named(message))))
    is_personal = (
        any(name in headers for name in ("In-Reply-To", "List-Id", "List-Unsubscribe", "List-Post"))
        or not _is_daemon(header(headers, "Return-Path"))
        or subject.startswith(("re ", "fw ", "fwd ", "aw ", "wg "))
    )
    return is_titled and not is_personal and _says_so(message.prose)


def _is_daemon(sender: str) -> bool:
    """By its name; or as nobody, which is how what must not be answered is sent (RFC 5321, 4.5.5)."""
    return sender.strip() in ("", "<>") or _DAEMON.search(sender) is not None


def _says_so(prose: str) -> bool:
    return any(
        FAILED.search(plain_words(prose[at : at + 1500])) for at in range(0, min(len(prose), 12_000), 1500)
    )


def is_warning(message: Returned) -> bool:
    """Whether it only says that the delivery takes longer."""
    subject = plain_words(header(message.headers, "Subject"))
    return WARNING.search(f"{subject} {plain_words(message.prose)}") is not None


def told(message: Returned, raw: bytes) -> tuple[Report, ...]:
    """Whom the text names, and whether their message is only late; one without address where it names nobody,
    nobody where it does not even say that something failed."""
    people = (
        _mailboxes(addresses_in(message.headers, "X-Failed-Recipients"))
        or _mailboxes(_named(message))
        or _mailboxes(_failures(raw))
        or _mailboxes(addresses_in(message.original, "To"))
    )
    delayed = is_warning(message)
    if not people and not _says_so(message.prose):
        return ()
    if not people:
        return (Report(recipient=None, text="", delayed=delayed),)
    return tuple(Report(recipient=person, text="", delayed=delayed) for person in people)


def _mailboxes(addresses: Iterator[str]) -> list[str]:
    found = (mailbox(address) for address in islice(addresses, 2 * MOST_RECIPIENTS))
    return list(dict.fromkeys(address for address in found if address))[:MOST_RECIPIENTS]


def stanza(prose: str, person: str, others: list[str]) -> str:
    """What is said of one of several people: from the line that names them to the one that names another."""
    names = [other.lower() for other in others if other != person]
    kept: list[str] = []
    size = 0
    for line in prose.splitlines()[:_MOST_LINES]:
        folded = line.lower()
        if kept and (any(name in folded for name in names) or size > _LONGEST_STANZA):
            break
        if kept or person.lower() in folded:
            kept.append(line.strip())
            size += len(line)
    return "\n".join(kept)


def _failures(raw: bytes) -> Iterator[str]:
    """Whom flufl.bounce finds. Its expressions are not linear, so that it gets short lines, and few."""
    short = b"\n".join(line[:200] for line in simplified(raw[: 1 << 14]).splitlines())
    try:
        temporary, permanent = all_failures(message_from_bytes(short))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return
    for address in sorted({*temporary, *permanent}, key=str):
        yield address.decode("latin-1") if isinstance(address, bytes) else str(address)


def _named(message: Returned) -> Iterator[str]:
    """Addresses that begin a line; where there are none, those that a line comes to."""
    own = {address.lower() for address in addresses_in(message.headers, "To", "From", "Return-Path")}
    loosely: list[str] = []
    services: list[str] = []
    found_any = False
    for line in message.prose.splitlines()[:_MOST_LINES]:
        for found in ADDRESS.finditer(line[:400]):
            address, before = found[0], line[: found.start()]
            if address.lower() in own or _NOT_THEM.search(before[-60:]):
                continue
            if _OURS.match(address):
                services.append(address)
            elif _STATED.match(before[-120:]):
                found_any = True
                yield address
            elif _NAMED.search(before[-40:]):
                loosely.append(address)
    if not found_any:
        yield from loosely or services
