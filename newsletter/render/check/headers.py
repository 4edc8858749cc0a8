"""The message as it is sent: lines, headers, parts, one-click (points 15, 16, 17)."""

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from newsletter.render.check.letter import Letter, decoded
from newsletter.render.check.reading import Reading
from newsletter.render.check.verdict import Problem, Verdict, quote
from newsletter.render.findings import Status

__all__ = ["list_headers", "one_click", "sound_lines"]

_LONGEST_LINE = 998
_LONGEST_WORD = 75
_ONE_CLICK = "List-Unsubscribe=One-Click"
_BUILDER = "render/mime.py and render/headers.py write the message"
_ONCE = {
    "From": r".*<?[^\s<>@]+@[^\s<>@]+>?",
    "To": r".*<?[^\s<>@]+@[^\s<>@]+>?",
    "Date": r".+",
    "Message-ID": r"<[^\s<>@]+@[^\s<>@]+>",
    "Subject": r".*",
    "List-Id": r".*<[^\s<>]+\.[^\s<>]+>",
    "List-Unsubscribe": r"<.+>",
    "List-Unsubscribe-Post": re.escape(_ONE_CLICK),
    "List-Help": r"<(?:https://|mailto:)[^\s<>]+>.*",
    "List-Post": r"NO",
    "Auto-Submitted": r"auto-generated",
    "Precedence": r"bulk",
    "MIME-Version": r"1\.0",
    "Content-Type": r"multipart/alternative;.*",
}
"""What a copy must have exactly once, and how its value looks."""
_TO = re.compile(rb"^To:.*(?:\n[ \t].*)*", re.MULTILINE | re.IGNORECASE)
"""What stands before its at sign may be in any script (RFC 6532); a server that cannot take it says so."""
_AT_MOST_ONCE = ("Reply-To", "Sender", "Cc", "Bcc", "Feedback-ID")


def sound_lines(reading: Reading) -> Verdict:
    """15: nothing that a mail server would break or refuse."""
    letter = reading.letter
    lines = letter.raw.split(b"\r\n")
    longest = max(map(len, lines))
    words = [len(word) for word in re.findall(rb"=\?[^?\s]*\?[bqBQ]\?[^?\s]*\?=", letter.head)]
    return Verdict.of(
        f"{len(lines):,} lines of at most {longest} octets, ended by CRLF;"
        f" {len(words)} encoded-words of at most {max(words, default=0)}.",
        _lines(letter, longest, max(words, default=0)),
    )


def _lines(letter: Letter, longest: int, word: int) -> Iterator[Problem]:
    mend = f"{_BUILDER}: send its bytes as they are, and change nothing after it."
    if bare := len(re.findall(rb"(?<!\r)\n|\r(?!\n)", letter.raw)):
        yield Problem(f"{bare:,} lines do not end with CRLF.", mend)
    if longest > _LONGEST_LINE:
        yield Problem(f"A line has {longest:,} octets, above {_LONGEST_LINE}.", mend)
    if word > _LONGEST_WORD:
        yield Problem(f"An encoded-word has {word} characters, above {_LONGEST_WORD}.", mend)
    if not _TO.sub(b"", letter.head).isascii():
        yield Problem("The header has octets above 127.", mend)
    if b"\0" in letter.raw:
        yield Problem("The message has a NUL.", mend)


def list_headers(reading: Reading) -> Verdict:
    """16: what large mailboxes ask of a list, once and well-formed, and both parts."""
    letter = reading.letter
    return Verdict.of(
        f"{len(_ONCE)} headers, each once and well-formed; plain text first, then HTML, both UTF-8.",
        (*_headers(letter), *_values(letter, reading.specimen.subject), *_parts(reading)),
    )


def _headers(letter: Letter) -> Iterator[Problem]:
    for name, pattern in _ONCE.items():
        values = letter.all(name)
        if len(values) != 1:
            yield Problem(f"{name} is there {len(values)} times, not once.", _header_mend(name))
        elif not re.fullmatch(pattern, values[0]):
            yield Problem(f"{name} is {quote(values[0])}.", _header_mend(name))
    for name in _AT_MOST_ONCE:
        if len(letter.all(name)) > 1:
            yield Problem(f"{name} is there {len(letter.all(name))} times.", _header_mend(name))


def _header_mend(name: str) -> str:
    if name == "List-Help":
        return "Set [newsletter] base_url, which List-Help leads to."
    return f"{_BUILDER}; look at [newsletter] from and base_url."


def _values(letter: Letter, subject: str) -> Iterator[Problem]:
    if len(_https(letter.one("List-Unsubscribe"))) != 1:
        yield Problem(
            "List-Unsubscribe must have exactly one https address.",
            "Set [newsletter] base_url to an https address.",
        )
    if letter.all("Date") and not _is_date(letter.one("Date")):
        yield Problem(f"Date is {quote(letter.one('Date'))}, no date with a zone.", _header_mend("Date"))
    shown = decoded(letter.one("Subject"))
    if shown.split() != subject.split():
        yield Problem(f"Subject is {quote(shown)}, not {quote(subject)}.", _header_mend("Subject"))


def _is_date(value: str) -> bool:
    try:
        return parsedate_to_datetime(value).tzinfo is not None
    except (ValueError, TypeError, IndexError, OverflowError):
        return False


def _https(value: str) -> list[str]:
    return [address for address in re.findall(r"<\s*([^<>]*?)\s*>", value) if address.startswith("https://")]


def _parts(reading: Reading) -> Iterator[Problem]:
    leaves = reading.letter.leaves
    mend = f"{_BUILDER}: plain text and HTML of the same copy."
    if [leaf.kind for leaf in leaves] != ["text/plain", "text/html"]:
        kinds = ", ".join(leaf.kind for leaf in leaves) or "none"
        yield Problem(f"The parts are {quote(kinds)}, not text/plain and text/html.", mend)
        return
    specimen = reading.specimen
    for leaf, content in zip(leaves, (specimen.text, specimen.html), strict=True):
        if leaf.charset != "utf-8":
            yield Problem(f"{leaf.kind} is in {quote(leaf.charset)}, not in UTF-8.", mend)
        elif leaf.text.split() != content.split():
            yield Problem(f"{leaf.kind} does not decode to what was rendered.", mend)


def one_click(reading: Reading) -> Verdict:
    """17: a mailbox's own button ends the subscription (RFC 8058)."""
    letter, specimen = reading.letter, reading.specimen
    signed = "covered by the signature" if letter.all("DKIM-Signature") else "not signed by us"
    return Verdict.of(
        f"One https address, with a token that is this reader's; both headers are {signed}.",
        (*_click(letter, specimen.unsubscribe), *_token(specimen.one_click), *_covered(letter)),
    )


def _click(letter: Letter, unsubscribe: str) -> Iterator[Problem]:
    addresses = _https(letter.one("List-Unsubscribe"))
    if not addresses:
        yield Problem(
            f"List-Unsubscribe has no https address: {quote(letter.one('List-Unsubscribe'))}.",
            "Set [newsletter] base_url to an https address where `newsletter serve` answers.",
        )
    elif unsubscribe not in addresses:
        yield Problem(
            f"List-Unsubscribe leads to {quote(addresses[0])}, not to this reader's address.",
            "Give both the same token (services/compose.py).",
        )
    if letter.one("List-Unsubscribe-Post") != _ONE_CLICK:
        yield Problem(f"List-Unsubscribe-Post does not say {_ONE_CLICK}.", f"{_BUILDER}.")


def _token(known: bool | None) -> Iterator[Problem]:
    if known is None:
        yield Problem(
            "Nobody tried whether the token in List-Unsubscribe is this reader's.",
            "Send a copy to yourself, and unsubscribe with the mailbox's own button.",
            Status.WARN,
        )
    elif not known:
        yield Problem(
            "The token in List-Unsubscribe is not this reader's.",
            "Keep the secret ([newsletter] secret_file) that the web pages of `newsletter serve` have.",
        )


def _covered(letter: Letter) -> Iterator[Problem]:
    for signature in letter.all("DKIM-Signature"):
        tags = dict(tag.strip().split("=", 1) for tag in signature.split(";") if "=" in tag)
        covered = {name.strip().lower() for name in tags.get("h", "").split(":")}
        missing = [
            name for name in ("List-Unsubscribe", "List-Unsubscribe-Post") if name.lower() not in covered
        ]
        if missing:
            yield Problem(
                f"The DKIM signature does not cover {' and '.join(missing)}.",
                "Sign them too: [dkim] in newsletter.toml does, else set it up in your mail server.",
            )
