"""Email addresses: what counts as one, and when two are the same mailbox."""

import re

from email_validator import EmailNotValidError, validate_email

from newsletter.errors import InputError

__all__ = ["address_key", "domain_of", "normalise_address", "without_addresses"]

_LONGEST = 254
"""Characters; in octets it may be no more either (RFC 5321, 4.5.3.1.3)."""
_LOCAL_OCTETS = 64
"""Before the at sign, in UTF-8: RFC 5321, 4.5.3.1.1, and RFC 6531, 3.3."""
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_RESERVED = "arpa|invalid|local|localhost|onion|test"
_PLAIN = re.compile(
    r"(?=[^@]{1,64}@[^@]{1,63}\Z)"
    rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?!(?:{_RESERVED})\Z)[a-z]{{2,}}\Z",
    re.ASCII,
)
"""What most addresses look like, and what email-validator takes as it is, much faster."""
_LOCAL_PART = re.compile(r"(?<![^\s<>()\[\]\"',;:/=])[^\s<>()\[\]\"',;:/=@]+(?=@)")
"""Of an address in a text. It begins where a word does, or a long text without an at sign took for ever."""


def normalise_address(text: str) -> str:
    """The address with its domain in lower-case A-labels, as a mail server wants it, and without white space
    around it. Raises InputError; docs/addresses.md says what is refused, and why.

    >>> normalise_address("Jürgen@Bücher.Example.ORG")
    'Jürgen@xn--bcher-kva.example.org'
    """
    text = text.strip()
    if _PLAIN.match(text):
        return text
    if len(text) > _LONGEST:
        raise InputError(f"{text[:40] + '…'!r} is not an email address: it is too long.")
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise InputError(f"{text!r} is not an email address: {str(error).rstrip('.')}.") from None
    if len(found.local_part.encode()) > _LOCAL_OCTETS:
        raise InputError(f"{text!r} is not an email address: it has too many characters before the @-sign.")
    return f"{found.local_part}@{found.ascii_domain}"


def address_key(email: str) -> str:
    """Equal for two spellings of one mailbox. RFC 5321 lets the case of the local part matter; no
    server in use makes it matter, and one person must not get two copies."""
    return email.casefold()


def domain_of(email: str) -> str:
    """What stands behind the last at sign."""
    return email.rpartition("@")[2]


def without_addresses(text: str) -> str:
    """The text with "…" for what stands before the at sign: mail servers quote whom they were told of, and
    errors quote the servers.

    >>> without_addresses("550 <ada@example.org>: no such mailbox")
    '550 <…@example.org>: no such mailbox'
    """
    return _LOCAL_PART.sub("…", text)
