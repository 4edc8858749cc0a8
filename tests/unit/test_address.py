"""Email addresses."""

from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.address import normalise_address
from newsletter.errors import InputError


def by_the_library(text: str) -> str | None:
    """None where it is no address, or has more before the at sign than mail takes."""
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return f"{found.local_part}@{found.ascii_domain}" if len(found.local_part.encode()) <= 64 else None


def by_us(text: str) -> str | None:
    """None where it is no address."""
    try:
        return normalise_address(text)
    except InputError:
        return None


almost = st.from_regex(r"\A[a-zA-Z0-9.!'_=/{|}~-]{1,66}@([a-zA-Z0-9-]{1,66}\.){0,4}[a-z0-9-]{1,9}\Z")
pieces = (
    *("@", ".", "-", "_", "+", "'", '"', "\\", " ", "\n", "(", "a", "Ab", "9", "a" * 63, "a" * 64),
    *("xn--", "xn--bcher-kva", "ab--c", "bücher", "example.org", "org", "POSTMASTER", "info"),
    *("local", "localhost", "invalid", "test", "onion", "arpa"),
)
parts = st.lists(st.sampled_from(pieces), max_size=10).map("".join)


@given(almost | parts | st.emails() | st.text(max_size=20))
def test_an_address_is_what_the_library_takes_it_for(text: str):
    """Also where we know without asking it."""
    assert by_us(text) == by_the_library(text)
