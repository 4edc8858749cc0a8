"""What the doctor looks at, in the order in which it is told. docs/doctor.md has a row for each."""

from dataclasses import dataclass

__all__ = ["CHECKS", "Check", "check_of"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at."""

    id: str
    group: str
    name: str
    """What it is called in the middle of a sentence."""
    network: bool = False
    """Whether it asks anybody outside this machine."""


_SETTINGS, _EMAIL, _DNS = "Configuration", "Email", "DNS"
_SMTP, _WEB, _MACHINE, _DAILY = "Mail server", "Web pages", "This machine", "Daily job"

CHECKS = (
    Check("configuration", _SETTINGS, "the configuration"),
    Check("sender", _SETTINGS, "the sender"),
    Check("secret", _SETTINGS, "the signing key of links"),
    Check("signature", _SETTINGS, "the signature of mail"),
    Check("secret-files", _SETTINGS, "files with secrets"),
    Check("base-url", _SETTINGS, "the address of the web pages"),
    Check("bounces", _SETTINGS, "where bounces go"),
    Check("postal-address", _SETTINGS, "the postal address"),
    Check("readers", _SETTINGS, "the list"),
    Check("warm-up", _SETTINGS, "the warm-up plan"),
    Check("email", _EMAIL, "the email"),
    Check("spf", _DNS, "SPF", network=True),
    Check("dkim", _DNS, "DKIM", network=True),
    Check("dmarc", _DNS, "DMARC", network=True),
    Check("mx", _DNS, "MX", network=True),
    Check("ptr", _DNS, "the name of the sending address", network=True),
    Check("smtp", _SMTP, "the mail server", network=True),
    Check("smtp-tls", _SMTP, "its encryption", network=True),
    Check("web", _WEB, "the web pages", network=True),
    Check("unsubscribe", _WEB, "unsubscribing with one click", network=True),
    Check("clock", _MACHINE, "the clock", network=True),
    Check("time-zone", _MACHINE, "time zone data"),
    Check("disk", _MACHINE, "the disk"),
    Check("database", _MACHINE, "the database"),
    Check("sqlite", _MACHINE, "SQLite"),
    Check("postgresql", _MACHINE, "PostgreSQL"),
    Check("open-files", _MACHINE, "open files"),
    Check("sources", _DAILY, "the sources"),
    Check("schedule", _DAILY, "the last slot"),
)
_BY_ID = {check.id: check for check in CHECKS}


def check_of(name: str) -> Check:
    """The check of this id."""
    return _BY_ID[name]
