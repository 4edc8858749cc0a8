"""Forged and changed tokens of every kind: none of them may be accepted.

    python tests/fuzz/tokens.py --count 1000000 --seed 1

Makes real tokens under the keys of a newsletter, changes each in one of the ways that are listed below, and
reads the result as a token of its kind. Accepted is what reads back as anything. Where the change left the
token what it was, or an envelope's in another case, it is real: another is made in its place. Prints one JSON
object; its `accepted` must be empty, else the exit code is 1. The same seed makes the same tokens.
"""

import argparse
import base64
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from newsletter.core import tokens

KEYS = (b"the newest key: 0123456789abcdef", b"the one before: 0123456789abcdef")
FOREIGN = b"the key of somebody else: 012345"
NEWSLETTER, OTHER = "papers", "other"
URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ENVELOPE = "abcdefghijklmnopqrstuvwxyz234567"
NUMBER = 8
"""So many octets hold the number, in every kind."""
_ODD = (
    "=",
    "==",
    "+",
    "/",
    " ",
    "\n",
    "\r\n",
    "\0",
    "%00",
    ".",
    "\u0131",
    "\u017f",
    "\u212a",
    "\u200b",
    "\ud800",
)
_TO_WIDE = {ord(letter): ord(letter) + 0xFEE0 for letter in map(chr, range(0x21, 0x7F))}
_TO_CYRILLIC = str.maketrans("aceopxy", "\u0430\u0441\u0435\u043e\u0440\u0445\u0443")


@dataclass(frozen=True)
class Kind:
    """One kind of token: how it is made for a number and read, and of what it consists."""

    name: str
    make: Callable[[bytes, str, int], str]
    read: Callable[[str], object | None]
    alphabet: str = URL

    def raw(self, token: str) -> bytes:
        """Its octets: number and signature."""
        return base64.b32decode(token, casefold=True) if self.folds else base64.urlsafe_b64decode(token)

    def text(self, raw: bytes) -> str:
        """The token of these octets."""
        return (
            base64.b32encode(raw).decode().lower() if self.folds else base64.urlsafe_b64encode(raw).decode()
        )

    @property
    def folds(self) -> bool:
        """Whether any case of it is the same."""
        return self.alphabet is ENVELOPE

    def same(self, token: str, real: str) -> bool:
        """Whether nothing was changed that matters."""
        return token == real or (self.folds and token.isascii() and token.lower() == real)


def _subscribers(purpose: str) -> Kind:
    def make(key: bytes, newsletter: str, number: int) -> str:
        return tokens.make(key, purpose, newsletter, number)

    return Kind(purpose, make, partial(tokens.read, KEYS, purpose, NEWSLETTER))


def _link(key: bytes, newsletter: str, number: int) -> str:
    return tokens.make_link(key, newsletter, number >> 32, number >> 16 & 0xFFFF, number & 0xFFFF)


KINDS = (
    *map(_subscribers, (tokens.UNSUBSCRIBE, tokens.PREFERENCES, tokens.MORE, tokens.CONFIRM)),
    Kind(
        "envelope",
        tokens.make_envelope,
        partial(tokens.read_envelope, KEYS, NEWSLETTER),
        alphabet=ENVELOPE,
    ),
    Kind("link", _link, partial(tokens.read_link, KEYS, NEWSLETTER)),
)


@dataclass(frozen=True)
class Real:
    """A token that we made, and for what."""

    kind: Kind
    number: int
    token: str


def _bits(real: Real, chance: random.Random) -> str:
    """One to three bits of number and signature."""
    raw = bytearray(real.kind.raw(real.token))
    for bit in chance.sample(range(len(raw) * 8), chance.choice((1, 1, 2, 3))):
        raw[bit // 8] ^= 1 << bit % 8
    return real.kind.text(bytes(raw))


def _truncated(real: Real, chance: random.Random) -> str:
    """Cut at either end."""
    at = chance.randrange(len(real.token))
    return chance.choice((real.token[:at], real.token[at + 1 :]))


def _character(real: Real, chance: random.Random) -> str:
    """One character for another of the alphabet."""
    at = chance.randrange(len(real.token))
    return real.token[:at] + chance.choice(real.kind.alphabet) + real.token[at + 1 :]


def _other_purpose(real: Real, chance: random.Random) -> str:
    """A real one of another kind for the same number, as it is or written like one of this kind."""
    kind = chance.choice([kind for kind in KINDS if kind is not real.kind])
    token = kind.make(chance.choice(KEYS), NEWSLETTER, real.number)
    size = len(real.kind.raw(real.token))
    return chance.choice((token, real.kind.text(kind.raw(token)[:size].ljust(size, b"\0"))))


def _made_up_purpose(real: Real, chance: random.Random) -> str:
    """Under our key, for a purpose that there is not."""
    return tokens.make(
        chance.choice(KEYS), chance.choice(("", "erased", "token", "link")), NEWSLETTER, real.number
    )


def _other_newsletter(real: Real, chance: random.Random) -> str:
    """Of a newsletter that has the same keys."""
    return real.kind.make(chance.choice(KEYS), chance.choice((OTHER, "", "paper", "papers2")), real.number)


def _other_key(real: Real, chance: random.Random) -> str:
    """Made as ours are, by somebody who does not know the keys."""
    return real.kind.make(chance.choice((FOREIGN, b"", KEYS[0][:-1], KEYS[1][::-1])), NEWSLETTER, real.number)


def _other_number(real: Real, chance: random.Random) -> str:
    """A neighbour's number with the signature of this one."""
    other = (real.number + chance.choice((-1, 1, 2, 1 << 16, 1 << 32))) % (1 << 63)
    return real.kind.text(other.to_bytes(NUMBER, "big") + real.kind.raw(real.token)[NUMBER:])


def _swapped(real: Real, chance: random.Random) -> str:
    """Halves, or number and signature, in each other's place."""
    at = chance.choice((len(real.token) // 2, 8, 11))
    return real.token[at:] + real.token[:at]


def _crossed(real: Real, chance: random.Random) -> str:
    """The beginning of this one, and the end of another that is not ours."""
    key, newsletter = chance.choice(((KEYS[0], OTHER), (KEYS[1], OTHER), (FOREIGN, NEWSLETTER)))
    other = real.kind.make(key, newsletter, real.number)
    at = chance.randrange(1, len(real.token))
    return real.token[:at] + other[at:]


def _spelled(real: Real, chance: random.Random) -> str:
    """The same octets in another spelling: padding, the other alphabet, white space, case."""
    at = chance.randint(0, len(real.token))
    return chance.choice(
        (
            real.token.rstrip("=") + chance.choice(("=", "==", "===")),
            real.token[:at] + chance.choice(_ODD) + real.token[at:],
            real.token.replace("-", "+").replace("_", "/"),
            real.token.swapcase(),
            base64.b16encode(real.kind.raw(real.token)).decode(),
            base64.b85encode(real.kind.raw(real.token)).decode(),
            "".join(f"%{ord(letter):02X}" for letter in real.token),
        )
    )


def _lookalike(real: Real, chance: random.Random) -> str:
    """Letters that only look the same, or fold to the same."""
    at = chance.randrange(len(real.token))
    one = real.token[at]
    other = {"k": "\u212a", "K": "\u212a", "i": "\u0131", "s": "\u017f", "S": "\u017f"}
    return chance.choice(
        (
            real.token.translate(_TO_WIDE),
            real.token.translate(_TO_CYRILLIC),
            real.token[:at] + other.get(one, one.translate(_TO_WIDE)) + real.token[at + 1 :],
        )
    )


def _random(real: Real, chance: random.Random) -> str:
    """Nothing of ours: the right length and letters, octets, or any text."""
    length = len(real.token)
    return chance.choice(
        (
            lambda: "".join(chance.choices(real.kind.alphabet, k=length)),
            lambda: real.kind.text(chance.randbytes(len(real.kind.raw(real.token)))),
            lambda: "".join(map(chr, chance.choices(range(0x110000), k=chance.randint(0, 40)))),
        )
    )()


WAYS = (
    *(_bits, _truncated, _character, _other_purpose, _made_up_purpose, _other_newsletter, _other_key),
    *(_other_number, _swapped, _crossed, _spelled, _lookalike, _random),
)


def forged(count: int, seed: int) -> Iterator[tuple[str, Kind, str]]:
    """How it was made, as what it is to be read, and the token; never a real one."""
    chance = random.Random(seed)
    made = 0
    while made < count:
        kind, way = KINDS[made % len(KINDS)], WAYS[made // len(KINDS) % len(WAYS)]
        number = chance.choice((chance.randrange(1, 1000), chance.getrandbits(40), chance.getrandbits(63)))
        key = chance.choice(KEYS)
        real = Real(kind, number, kind.make(key, NEWSLETTER, number))
        token = way(real, chance)
        if not kind.same(token, real.token):
            made += 1
            yield way.__name__.strip("_"), kind, token


def run(count: int, seed: int) -> dict[str, object]:
    """Read them all, and what was accepted of them."""
    start = time.perf_counter()
    kinds, ways = Counter[str](), Counter[str]()
    accepted: list[dict[str, str]] = []
    for way, kind, token in forged(count, seed):
        kinds[kind.name] += 1
        ways[way] += 1
        if kind.read(token) is not None:
            accepted.append({"kind": kind.name, "way": way, "token": token})
    return {
        "count": count,
        "seed": seed,
        "kinds": dict(kinds),
        "ways": dict(ways),
        "seconds": round(time.perf_counter() - start, 1),
        "accepted": accepted,
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    result = run(options.count, options.seed)
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    sys.exit(1 if result["accepted"] else 0)


if __name__ == "__main__":
    main()
