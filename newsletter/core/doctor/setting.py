"""The configuration, judged for what it means to inboxes and laws. Whether it loads is not asked here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from shlex import quote
from urllib.parse import urlsplit

from newsletter.core.address import domain_of
from newsletter.core.doctor.finding import Finding, ok, problem, sentence, warning
from newsletter.core.doctor.questions import within
from newsletter.core.warmup import WarmUp

__all__ = ["LooseFile", "Setting", "judge_readers", "judge_setting", "judge_warm_up", "misread", "reserved"]

_RESERVED = ("example", "example.com", "example.net", "example.org", "invalid", "local", "localhost", "test")
"""RFC 2606 and 6761: nobody's, for examples and tests."""
_LONG_ENOUGH = 32
"""Characters of a key: 16 are let through."""
_MANY = 2000
"""Readers to whom a domain that nobody knows should not write on one day."""


@dataclass(frozen=True, slots=True)
class LooseFile:
    """One with a secret that others than its owner may read."""

    key: str
    """`[newsletter] secret_file`."""
    path: str
    mode: int


@dataclass(frozen=True, slots=True)
class Setting:
    """What is looked at."""

    file: str
    sender: str
    """The address alone."""
    bounces_to: str | None
    takes_bounces: bool
    """Whether anything reads what comes back."""
    base_url: str
    postal_address: str
    secret: int | str
    """How many characters the shortest key has, or why there is none."""
    loose: Sequence[LooseFile] = ()
    missing: Sequence[str] = ()
    """What is wrong with other secrets: tokens, passwords."""

    @property
    def host(self) -> str:
        """Of the web pages."""
        return urlsplit(self.base_url).hostname or ""


def misread(reason: str) -> Iterator[Finding]:
    """A configuration that does not load, a finding for each fault."""
    for line in filter(None, reason.splitlines()):
        place, _, fault = line.partition(": ")
        yield problem("configuration", f"{place}: {fault}" if fault else line, mend="Correct it there.")


def judge_setting(setting: Setting) -> Iterator[Finding]:
    """All of it."""
    yield ok("configuration", f"{setting.file} loads")
    yield _sender(setting)
    yield _secret(setting)
    for reason in setting.missing:
        yield problem("secret", "A secret cannot be used", sentence(reason), "Set it as it says there.")
    yield from _loose(setting)
    yield _base_url(setting)
    yield _bounces(setting)
    yield _postal(setting)


def reserved(domain: str) -> bool:
    """Whether nobody can have this domain."""
    return any(within(domain, name) for name in _RESERVED)


def _sender(setting: Setting) -> Finding:
    domain = domain_of(setting.sender)
    if reserved(domain):
        return problem(
            "sender",
            f"{setting.sender} is only an example",
            f"{domain} is kept for examples and tests: mail in its name is refused.",
            'Write your own into [newsletter]:\nfrom = "NAME <papers@YOUR-DOMAIN>"',
        )
    return ok("sender", f"Mail is from {setting.sender}")


def _secret(setting: Setting) -> Finding:
    new = "umask 077 && openssl rand -hex 32 > newsletter.secret"
    if isinstance(setting.secret, str):
        return problem("secret", "There is no key to sign links with", setting.secret, f"Make one:\n{new}")
    if setting.secret < _LONG_ENOUGH:
        return warning(
            "secret",
            f"The signing key of links has only {setting.secret} characters",
            "Whoever guesses it can unsubscribe everybody.",
            "Put a new one before it (docs/configuration.md, A new key):\nopenssl rand -hex 32",
        )
    return ok("secret", "The signing key of links is long enough")


def _loose(setting: Setting) -> Iterator[Finding]:
    if not setting.loose:
        yield ok("secret-files", "Files with secrets are their owner's alone")
    for file in setting.loose:
        yield warning(
            "secret-files",
            f"Others on this machine can read {file.key}",
            f"{file.path} has the mode {file.mode:o}.",
            f"Take that away:\nchmod 600 {quote(file.path)}",
        )


def _base_url(setting: Setting) -> Finding:
    url = setting.base_url
    if reserved(setting.host):
        detail = "Links in the mail lead nowhere: nobody can unsubscribe."
        mend = (
            'Write where `newsletter serve` is reached into [newsletter]:\nbase_url = "https://YOUR-DOMAIN"'
        )
        return problem("base-url", f"{url} is only an example", detail, mend)
    if not url.startswith("https://"):
        return problem(
            "base-url",
            f"{url} is not https",
            "Gmail and Yahoo want one-click unsubscribe by https (RFC 8058), or treat bulk mail as spam.",
            "Let your web server have a certificate, and write into [newsletter]:\n"
            f'base_url = "{url.replace("http://", "https://", 1)}"',
        )
    return ok("base-url", f"Links lead to {url}")


def _bounces(setting: Setting) -> Finding:
    if setting.bounces_to is None:
        return warning(
            "bounces",
            f"Bounces come back to {setting.sender}, and nobody counts them",
            "Mail to mailboxes that are gone goes on, which costs the domain its reputation.",
            f'Give them an address of their own in [newsletter]:\nbounces_to = "bounces@'
            f'{domain_of(setting.sender)}"',
        )
    if not setting.takes_bounces:
        return warning(
            "bounces",
            f"Bounces go to {setting.bounces_to}, and nothing reads them",
            "So mailboxes that are gone stay on the list.",
            "Set maildir, [bounces.imap], [bounces.lmtp] or one of [hooks]; docs/returns.md says how.",
        )
    return ok("bounces", f"Bounces go to {setting.bounces_to}, and are read")


def _postal(setting: Setting) -> Finding:
    if setting.postal_address.strip():
        return ok("postal-address", "The footer has a postal address")
    return warning(
        "postal-address",
        "There is no postal address in the footer",
        "Many laws ask for one: CAN-SPAM in the United States, imprint rules in Europe.",
        'Write it into [newsletter]:\naddress = "1 Example Street, 12345 Example"',
    )


def judge_readers(active: int) -> Finding:
    """Those who get it."""
    if not active:
        mend = "Bring your list, or let people sign up:\nnewsletter subscribers import FILE"
        return warning("readers", "Nobody is on the list", "Editions are made, and go to nobody.", mend)
    return ok("readers", f"{active:,} reader{'' if active == 1 else 's'} on the list")


def judge_warm_up(plan: WarmUp | None, today: date, active: int, *, sent_before: bool) -> Finding:
    """Whether today's copies go out today."""
    if plan is None:
        if active < _MANY or sent_before:
            return ok("warm-up", "No warm-up plan holds copies back")
        return warning(
            "warm-up",
            f"The first edition would go to {active:,} readers at once",
            "Large inboxes hold up a domain that writes to so many without having been seen before.",
            f"Begin with few:\n[smtp.warmup]\nstarted = {today.isoformat()}\nfirst_day = 200",
        )
    allowed = plan.allowance(today)
    if not allowed:
        detail = f"It starts on {plan.started.isoformat()}."
        return warning("warm-up", "By the warm-up plan nothing goes out today", detail)
    if allowed < active:
        return warning(
            "warm-up",
            f"By the warm-up plan {allowed:,} of {active:,} copies go out today",
            "The others go on the days after, as the plan wants it.",
        )
    return ok("warm-up", "The warm-up plan lets all copies go today")
