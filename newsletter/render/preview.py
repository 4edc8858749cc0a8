"""One copy as files to look at: a work bench around the email."""

import base64
import email
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import policy
from html.parser import HTMLParser

from markupsafe import Markup

from newsletter.render.exhibit import Exhibit
from newsletter.render.findings import Finding, Status
from newsletter.render.fitting import CLIP_LIMIT
from newsletter.render.text import clean
from newsletter.render.theme import Theme

__all__ = ["PREVIEW_FILES", "preview_pages"]

PREVIEW_FILES = ("index.html", "bench.css", "bench.js")
"""What the theme of the work bench must have."""

_NEARLY = CLIP_LIMIT * 9 // 10
_SNIPPET = 140
"""Characters that mailboxes show beside the subject, at most."""
_WORST_FIRST = (Status.FAIL, Status.WARN, Status.PASS)


@dataclass(frozen=True, slots=True)
class _Size:
    """Bytes of HTML beside what a large mailbox shows whole."""

    what: str
    coding: str
    octets: int

    @property
    def percent(self) -> int:
        return -(-100 * self.octets // CLIP_LIMIT)

    @property
    def status(self) -> Status:
        if self.octets > CLIP_LIMIT:
            return Status.FAIL
        return Status.WARN if self.octets > _NEARLY else Status.PASS


def preview_pages(exhibit: Exhibit, bench: Theme) -> dict[str, bytes]:
    """The files by name: index.html shows the other three."""
    copy, message = exhibit.copy, exhibit.message
    style, script = bench.read("bench.css"), bench.read("bench.js")
    index = bench.render(
        "index.html",
        policy=_policy(style, script),
        style=Markup(style),  # noqa: S704 - the work bench's own
        script=Markup(script),  # noqa: S704
        name=clean(exhibit.newsletter.name),
        language=clean(exhibit.newsletter.language),
        label=clean(exhibit.label),
        subject=_subject(message),
        preheader=_preheader(copy.html),
        text=copy.text,
        headers=_headers(message),
        sizes=tuple(_sizes(exhibit)),
        limit=CLIP_LIMIT,
        text_octets=len(copy.text.encode()),
        message_octets=len(message),
        fitting=exhibit.fitting,
        standings=exhibit.standings,
        findings=exhibit.findings,
        troubles=_troubles(exhibit.findings),
        counts=Counter(finding.status for finding in exhibit.findings),
    )
    return {
        "index.html": index.encode(),
        "email.html": copy.html.encode(),
        "email.txt": copy.text.encode(),
        "email.eml": message,
    }


def _troubles(findings: Sequence[Finding]) -> Sequence[Finding]:
    """What does not pass, the worst first."""
    found = [finding for finding in findings if finding.status is not Status.PASS]
    return sorted(found, key=lambda finding: _WORST_FIRST.index(finding.status))


def _sizes(exhibit: Exhibit) -> Iterator[_Size]:
    parts = email.message_from_bytes(exhibit.message).walk()
    encoded = sum(len(part.get_payload()) for part in parts if part.get_content_type() == "text/html")
    yield _Size("This copy", "decoded", len(exhibit.copy.html.encode()))
    yield _Size("This copy", "encoded", encoded)
    if exhibit.fitting is not None:
        yield _Size("The largest", "decoded", exhibit.fitting.decoded)
        yield _Size("The largest", "encoded", exhibit.fitting.encoded)


def _subject(message: bytes) -> str:
    """As this reader gets it."""
    return clean(str(email.message_from_bytes(message, policy=policy.default)["Subject"]))


def _headers(message: bytes) -> Sequence[tuple[str, str]]:
    """Each header's name and the rest of it, folded as it is."""
    top = message.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    lines = (line.replace("\r\n", "\n") for line in re.split(r"\r\n(?![ \t])", top))
    return [(name, value) for name, _, value in (line.partition(":") for line in lines)]


class _Text(HTMLParser):
    """The text of the body up to the padding that keeps the rest out of a mailbox's list."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = self._inside or tag == "body"

    def handle_data(self, data: str) -> None:
        if self._inside and len(self.text) <= _SNIPPET:
            self.text += data


def _preheader(html: str) -> str:
    """What a mailbox shows beside the subject: the first text of the email."""
    parser = _Text()
    parser.feed(html)
    text = clean(parser.text.partition("\u200c")[0])
    return text if len(text) <= _SNIPPET else text[: _SNIPPET - 1] + "…"


def _policy(style: str, script: str) -> str:
    """The Content-Security-Policy of index.html: its own style and script by their hashes, the email in its
    frames. Whoever serves it may add a script from the same place that listens there for changes."""
    rules = {
        "default-src": "'none'",
        "style-src": f"'sha256-{_digest(style)}'",
        "script-src": f"'sha256-{_digest(script)}' 'self'",
        "connect-src": "'self'",
        "frame-src": "'self' file:",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _digest(content: str) -> str:
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
