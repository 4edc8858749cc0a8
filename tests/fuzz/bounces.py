"""The classifier of returned messages on what is made to keep it busy, and on damaged samples.

    cd tests && python -m fuzz.bounces --count 2000 --seed 1

Each hostile message is of one megabyte, of a shape on which careless expressions and parsers are slow.
Prints one JSON object: the processor seconds of the slowest call for each shape, and what went wrong; exit 1
where one took more than a second or anything was raised. The same seed makes the same damage.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from fuzz.feeds import damaged

from newsletter.core.bounces import classify, classify_reply, envelope_addresses, returned_senders

SAMPLES = Path(__file__).parents[1] / "samples" / "bounces"
SECONDS = 1
SIZE = 1_000_000

_BOUNCE = b"From: MAILER-DAEMON@example.org\nSubject: Undelivered Mail Returned to Sender\n"
_REPORT = (
    _BOUNCE + b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\n'
    b"Content-Type: message/delivery-status\n\n"
)
_HTML = _BOUNCE + b"Content-Type: text/html\n\n"

_REPEATED: dict[str, tuple[bytes, bytes]] = {
    "letters": (_BOUNCE + b"\n", b"a"),
    "at signs": (_BOUNCE + b"\n", b"a@"),
    "almost addresses": (_BOUNCE + b"\n", b"a.a.a.a@a.a.a."),
    "addresses": (_BOUNCE + b"\n", b"<a@example.org>: 550 no such user\n"),
    "commas and at signs": (_BOUNCE + b"\n", b", a@a@"),
    "spaces": (_BOUNCE + b"\n", b" "),
    "empty lines": (_BOUNCE + b"\n", b"\n"),
    "dashes": (_BOUNCE + b"\n", b"-" * 79 + b"\n"),
    "copies": (_BOUNCE + b"\nmailbox\n", b"--- Below this line is\n"),
    "words of bounces": (_BOUNCE + b"\n", b"mailbox user unknown quota account address recipient "),
    "digits and dots": (_BOUNCE + b"\n", b"5.1."),
    "reply codes": (_BOUNCE + b"\n", b"550 "),
    "tags": (_HTML, b"<"),
    "styles": (_HTML, b"<style "),
    "open tags": (_HTML, b"<a "),
    "entities": (_HTML, b"&lt;"),
    "recipients": (_REPORT, b"Final-Recipient: rfc822; a@example.org\nAction: failed\n\n"),
    "fields": (_REPORT, b"a:\n\n"),
    "folded field": (_REPORT + b"Diagnostic-Code: smtp; 550\n", b" user unknown\n"),
    "headers": (_BOUNCE, b"X-Failed-Recipients: a@example.org\n"),
    "folded header": (_BOUNCE + b"To: a@example.org\n", b" ,a@example.org\n"),
    "encoded words": (b"From: MAILER-DAEMON\nSubject: \n", b" =?utf-8?q?\n"),
    "parameters": (_BOUNCE + b"Content-Type: multipart/report; boundary=b\n", b" ;a=b\n"),
    "quotes": (_BOUNCE + b"Content-Type: multipart/report\n", b' ;a="\n'),
    "parts": (_BOUNCE + b"Content-Type: multipart/mixed; boundary=b\n\n", b"--b\n\n\n"),
    "objects": (_BOUNCE + b"\n", b'{"a":'),
    "lists": (_BOUNCE + b'\n{"notificationType": ', b"["),
    "auto": (b"Subject: ", b"re: "),
    "zero bytes": (_BOUNCE + b"\n", b"\0"),
    "charset": (_BOUNCE + b"Content-Type: text/plain; charset=punycode\n\n", b"a-b9"),
    "seven bits": (_BOUNCE + b"Content-Type: text/plain; charset=utf-7\n\n", b"+AAA"),
}


def hostile(size: int = SIZE) -> Iterator[tuple[str, bytes]]:
    """Messages of so many bytes, by their shapes."""
    for name, (begin, piece) in _REPEATED.items():
        yield name, (begin + piece * (size // len(piece)))[:size]
    yield "nested parts", _nested(b"multipart/mixed; boundary=%d\n\n--%d\n", size)
    yield "nested messages", _BOUNCE + b"Content-Type: message/rfc822\n\n" * (size // 31)


def _nested(head: bytes, size: int) -> bytes:
    made = bytearray(_BOUNCE)
    for number in count():
        made += b"Content-Type: " + head % (number, number)
        if len(made) > size:
            break
    return bytes(made)


def measure(message: bytes) -> float:
    """Processor seconds of the slowest of the calls."""
    text = message.decode("latin-1")
    calls: list[Callable[[], object]] = [
        lambda: classify(message),
        lambda: envelope_addresses(message),
        lambda: returned_senders(message),
        lambda: classify_reply(550, text),
    ]
    return max(map(_seconds, calls))


def _seconds(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def damage(number: int, seed: int) -> tuple[Counter[str], list[str]]:
    """As many damaged samples: how often each kind was found, and what was raised."""
    samples = [path.read_bytes() for path in sorted(SAMPLES.glob("*.eml"))]
    kinds: Counter[str] = Counter()
    failures: list[str] = []
    for at in range(number):
        message = damaged(samples[at % len(samples)], random.Random(f"{seed}/{at}"))
        try:
            kinds[classify(message)[0].kind] += 1
            envelope_addresses(message)
            returned_senders(message)
        except Exception as error:
            failures.append(f"{seed}/{at}: {type(error).__name__}: {error}")
    return kinds, failures


def run(number: int, seed: int) -> dict[str, object]:
    """All hostile messages once, and as many damaged samples."""
    seconds = {name: round(measure(message), 3) for name, message in hostile()}
    kinds, failures = damage(number, seed)
    slow = [f"{name}: {taken} s" for name, taken in seconds.items() if taken > SECONDS]
    return {
        "seconds": seconds,
        "slowest": max(seconds.values()),
        "damaged": dict(sorted(kinds.items())),
        "failures": slow + failures,
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    result = run(options.count, options.seed)
    print(json.dumps(result, indent=2))
    sys.exit(1 if result["failures"] else 0)


if __name__ == "__main__":
    main()
