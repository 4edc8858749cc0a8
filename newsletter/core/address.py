"""Email addresses: what counts as one, and when two are the same mailbox."""

from email_validator import EmailNotValidError, validate_email

from newsletter.errors import InputError

__all__ = ["address_key", "domain_of", "normalise_address"]


def normalise_address(text: str) -> str:
    """The address with its domain in lower-case A-labels, as a mail server wants it. Raises InputError.

    >>> normalise_address("Jürgen@Bücher.Example.ORG")
    'Jürgen@xn--bcher-kva.example.org'
    """
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise InputError(f"{text!r} is not an email address: {str(error).rstrip('.')}.") from None
    return f"{found.local_part}@{found.ascii_domain}"


def address_key(email: str) -> str:
    """Equal for two spellings of one mailbox. RFC 5321 lets the case of the local part matter; no
    server in use makes it matter, and one person must not get two copies."""
    return email.casefold()


def domain_of(email: str) -> str:
    """What stands behind the last at sign."""
    return email.rpartition("@")[2]
