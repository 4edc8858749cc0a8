"""A mail server, judged by what it said to the very session that sending would have with it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from newsletter.core.doctor.finding import Finding, ok, problem, sentence, unknown, warning

__all__ = ["MailServer", "Refusal", "Welcome", "expiry", "judge_server"]

_SMTP, _TLS = "smtp", "smtp-tls"
_SMALLEST = 1_000_000
"""Bytes that a message may well have."""
_SOON, _LATE = 21, 7
"""Days that a certificate is good for: most are renewed a month before they end."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """As it is configured."""

    name: str
    """`host:port`."""
    tls: Literal["starttls", "implicit", "none"]
    signs_in: bool
    loopback: bool


@dataclass(frozen=True, slots=True)
class Welcome:
    """It would take mail from us now."""

    pipelining: bool
    utf8: bool
    limit: int | None
    """Bytes in a message, where it says."""
    offers_tls: bool
    """In clear, STARTTLS."""
    offers_sign_in: bool
    tls_version: str = ""
    """Empty where nothing is encrypted."""
    expires: datetime | None = None
    """Its certificate."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """It would not, and why, in words that name it."""

    reason: str
    offline: bool = False
    """The network is what fails, or there is none: nothing is said about the server."""


def judge_server(server: MailServer, seen: Welcome | Refusal, now: datetime) -> Iterator[Finding]:
    """Whether mail would go, and what of it in clear."""
    if isinstance(seen, Refusal):
        yield _refused(server, seen)
        return
    yield _greeted(server, seen)
    yield _encrypted(server, seen, now)


def _refused(server: MailServer, seen: Refusal) -> Finding:
    reason = sentence(seen.reason.removeprefix(f"mail server {server.name}: "))
    if seen.offline:
        return unknown(_SMTP, f"{server.name} cannot be reached from here now", reason)
    mend = "See that host, port and tls of [smtp] are those that its provider names, and that it runs."
    text = seen.reason.casefold()
    if "certificate" in text:
        mend = "Let it have a certificate for that name, or name who vouches for it as [smtp] ca_file."
    elif "sign-in" in text or "auth" in text:
        mend = "Correct [smtp] username and what password_env or password_file leads to."
    elif "starttls" in text:
        mend = 'Ask for port 587, or for port 465 with [smtp] tls = "implicit".'
    return problem(_SMTP, f"{server.name} takes no mail from here", reason, mend)


def _greeted(server: MailServer, seen: Welcome) -> Finding:
    signed = ", signed in" if server.signs_in else ""
    if seen.limit is not None and seen.limit < _SMALLEST:
        return warning(
            _SMTP,
            f"{server.name} takes messages of at most {seen.limit:,} bytes",
            "An edition can be larger as it is sent; such copies are rejected.",
            "Let its operator raise the limit (SIZE).",
        )
    if seen.offers_sign_in and not server.signs_in and not server.loopback:
        return warning(
            _SMTP,
            f"{server.name} offers to sign in, and nobody does",
            "Servers that relay for strangers are rare: it may refuse each copy.",
            "Set username in [smtp], and the password by password_env or password_file.",
        )
    size = f"up to {seen.limit / 1_000_000:.0f} MB" if seen.limit else "of any size"
    extras = [f"messages {size}"]
    extras += ["PIPELINING" if seen.pipelining else "no PIPELINING, so it is slower"]
    extras += ["SMTPUTF8" if seen.utf8 else "no addresses outside ASCII"]
    return ok(_SMTP, f"{server.name} would take mail{signed}", "; ".join(extras) + ".")


def _encrypted(server: MailServer, seen: Welcome, now: datetime) -> Finding:
    if seen.tls_version:
        title = f"{server.name}: {seen.tls_version}, the certificate is verified"
        mend = "Renew it; where that should happen by itself, see why it did not."
        return expiry(_TLS, title, seen.expires, now, mend)
    if server.loopback:
        return ok(_TLS, f"{server.name} is this machine: nothing is encrypted, nothing leaves it")
    better = 'Set it in [smtp]:\ntls = "starttls"' if seen.offers_tls else "Take a server that offers TLS."
    return problem(
        _TLS,
        f"Mail goes to {server.name} in clear",
        "Everybody on the way can read addresses and links, and unsubscribe your readers.",
        better,
    )


def expiry(check: str, title: str, expires: datetime | None, now: datetime, mend: str) -> Finding:
    """A certificate that was accepted, and how long it will be."""
    if expires is None:
        return ok(check, title)
    days = (expires - now).days
    left = f"{title}, for {days} more day{'' if days == 1 else 's'}"
    if days < _LATE:
        return problem(
            check, left, f"It ends on {expires:%Y-%m-%d}; nothing gets through from then on.", mend
        )
    if days < _SOON:
        return warning(check, left, f"It ends on {expires:%Y-%m-%d}.", mend)
    return ok(check, left)
