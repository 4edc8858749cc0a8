"""Hard or soft: by what the server says, by its status (RFC 3463), by its reply code (RFC 5321).

Words come first, because many servers send 5.0.0 or 5.1.1 for everything. Only what shows that the address
cannot take mail at any time is hard; what is not understood is soft.
"""

import re

from newsletter.core.bounces.causes import cause_of
from newsletter.core.bounces.phrases import compiled, plain_words
from newsletter.core.bounces.verdict import Cause, Kind, Phase

__all__ = ["Judgement", "classify_reply", "judge", "phase_of", "status_in"]

Judgement = tuple[Kind, Cause | None, str | None]
"""The kind, the cause and the status."""

_HARD = {Cause.UNKNOWN_USER, Cause.MOVED, Cause.NO_DOMAIN, Cause.NO_MAIL}
_LONGEST = 4000
_VAGUE = {Cause.CONTENT, Cause.POLICY, Cause.TEMPORARY}
"""What words such as "rejected" are taken for, unless a status says more."""
_EXACT = {Cause.SENDER, Cause.FULL, Cause.TOO_BIG, Cause.CONTENT, Cause.LOOP, Cause.AUTHENTICATION}
"""A status of these is not set by mistake: the words that speak of an unknown one mean something else."""

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_CODE = re.compile(r"(?<![\d.])([45][0-5]\d)(?![\d.])")
_ANSWERED = re.compile(
    r"(?:in reply to|after|response to|our(?: final)?|end of|command|smtp|>>>|\[)[ :\n]{0,3}(?:end of )?"
    r"(?P<command>ehlo|helo|mail[ _]?from|rcpt(?:[ _]to)?|data|body|text)\b"
    r"|(?P<recipient>does not like recipient|has rejected address)"
    r"|(?P<sender>sender was rejected)"
    r"|(?P<data>failed (?:on|after) (?:i sent the message|data)|did not like our final)"
    r"|(?P<greeting>refused to talk to me)",
    re.IGNORECASE,
)
_COMMANDS = {"eh": Phase.GREETING, "he": Phase.GREETING, "ma": Phase.SENDER, "rc": Phase.RECIPIENT}

_CERTAIN = compiled(
    """
    recipnotfound | 000c05a6 unknown recipient | invalid final delivery userid
    address no longer accepts mail | 5 4 1 recipient address rejected access denied
    """
)
"""What a system says of its own users only: Exchange and its edge, IMail, qmail."""

_BY_STATUS = {
    "1.0": Cause.UNKNOWN_USER,
    "1.1": Cause.UNKNOWN_USER,
    "1.2": Cause.NO_DOMAIN,
    "1.3": Cause.UNKNOWN_USER,
    "1.6": Cause.MOVED,
    "1.7": Cause.SENDER,
    "1.8": Cause.SENDER,
    "1.10": Cause.NO_MAIL,
    "2.1": Cause.DISABLED,
    "2.2": Cause.FULL,
    "2.3": Cause.TOO_BIG,
    "3.1": Cause.FULL,
    "3.4": Cause.TOO_BIG,
    "4.4": Cause.NO_DOMAIN,
    "4.6": Cause.LOOP,
    "4.7": Cause.EXPIRED,
    "5.3": Cause.TOO_MANY,
    "7.13": Cause.DISABLED,
    "7.23": Cause.AUTHENTICATION,
    "7.25": Cause.BLOCKED,
    "7.26": Cause.AUTHENTICATION,
}
"""By class-less status; RFC 3463, and the registry of RFC 5248."""

_BY_SUBJECT = {"4": Cause.NETWORK, "6": Cause.CONTENT, "7": Cause.POLICY}
_BY_CODE = {"556": Cause.NO_MAIL, "552": Cause.FULL}
"""RFC 7504 has the first, RFC 5321 the second. Of 521 many make use for machines that they block."""


def classify_reply(code: int, text: str) -> Judgement:
    """What a refusal at the time of sending means: the reply code and its text, such as 550 and "5.1.1 ...".
    Where the text does not say what it answers to, that is RCPT."""
    answer = f"{code} {text[:_LONGEST]}"
    return judge(answer, phase=phase_of(answer) or Phase.RECIPIENT)


def judge(text: str, status: str = "", phase: Phase | None = None) -> Judgement:
    """What the words, the status field and the phase say together. The status of the text is more exact than
    a field that ends in 0.0."""
    found = status_in(status)
    told = status_in(text)
    if told and (found is None or found.endswith(".0.0")):
        found = told
    code = _CODE.search(text)
    cause = _cause(text, found, code[1] if code else "")
    is_hard = cause in _HARD and not _doubtful(cause, text, found, phase or phase_of(text))
    return (Kind.HARD if is_hard else Kind.SOFT), cause, found


def status_in(text: str) -> str | None:
    """The first enhanced status code of a text."""
    found = _STATUS.search(text)
    return found[0] if found else None


def phase_of(text: str) -> Phase | None:
    """What the refusal answered to, where the text tells."""
    found = _ANSWERED.search(text)
    if found is None:
        return None
    if command := found["command"]:
        return _COMMANDS.get(command[:2].lower(), Phase.DATA)
    return next(phase for phase in Phase if found[phase])


def _cause(text: str, status: str | None, code: str) -> Cause | None:
    """By the words, else by the status, else by the code. That something is so for now makes nothing hard,
    but for a user who is unknown in so many words."""
    told = cause_of(text)
    is_lasting = not (status or code).startswith("4")
    if told is Cause.NO_DOMAIN and not is_lasting:
        return Cause.NETWORK
    by_status = _cause_by_status(status) if status else None
    if told in _HARD and by_status in _EXACT:
        return by_status
    if told and not (told in _VAGUE and by_status in _HARD):
        return told
    return by_status or _BY_CODE.get(code) or (None if is_lasting else Cause.TEMPORARY)


def _cause_by_status(status: str) -> Cause | None:
    kind, subject, detail = status.split(".")
    found = _BY_STATUS.get(f"{subject}.{detail}")
    if found is None or (found in _HARD and kind == "4"):
        return _BY_SUBJECT.get(subject)
    return found


def _doubtful(cause: Cause | None, text: str, status: str | None, phase: Phase | None) -> bool:
    """Whether "user unknown" lacks a second witness: a status of 5.1.x, or an answer to RCPT, where a server
    that knows its users refuses. One that takes the message first, or says no more, is often a filter."""
    if cause is not Cause.UNKNOWN_USER or phase is Phase.RECIPIENT:
        return False
    subject = status.split(".", 1)[1] if status else ""
    return not (subject.startswith("1.") or subject == "5.0" or _CERTAIN.search(plain_words(text)))
