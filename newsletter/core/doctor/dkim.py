"""DKIM records (RFC 6376, 3.6.1): whether what the DNS has lets our signatures be verified. Pure."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.core.doctor.finding import Finding, ok, problem, record, sentence, warning
from newsletter.core.doctor.tags import Malformed, shown, tags_of

__all__ = ["SigningKey", "judge_dkim", "judge_signature"]

_DKIM, _SIGNATURE = "dkim", "signature"
_BITS = 2048
"""What Gmail wants of an RSA key (RFC 8301 too)."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One of ours, as far as it may be seen."""

    name: str
    """Of its record: SELECTOR._domainkey.DOMAIN."""
    record: str
    """What the DNS should have."""
    bits: int | None
    """Of an RSA key; None for Ed25519."""
    identity: str
    """The domain of From, which `t=s` compares with that of the signature."""

    @property
    def domain(self) -> str:
        """Who signs."""
        return self.name.partition("._domainkey.")[2]


def judge_dkim(key: SigningKey, texts: Sequence[str]) -> Finding:
    """What its name in the DNS has."""
    publish = f"Publish it:\n{record(key.name, key.record)}"
    texts = [text for text in texts if re.match(r"\s*(?:v\s*=\s*DKIM1\b|[a-uw-z]\s*=)", text)]
    if len(texts) != 1:
        title = f"There are {len(texts)} DKIM records" if texts else "There is no DKIM record"
        detail = "Signed mail whose key is not found once counts as not signed."
        return problem(_DKIM, f"{title} at {key.name}", detail, publish)
    try:
        tags = _checked(texts[0])
    except Malformed as error:
        return problem(_DKIM, f"The DKIM record at {key.name} is broken", sentence(str(error)), publish)
    wanted = tags_of(key.record)
    if trouble := _unlike(tags, wanted):
        return problem(_DKIM, f"The DKIM record at {key.name} is not that of the key", trouble, publish)
    return _judge_key(key, tags)


def judge_signature(domain: str, keys: Sequence[SigningKey], trouble: str) -> Finding:
    """Whether mail is signed here; `trouble` is why the keys cannot be loaded, if they cannot."""
    if trouble:
        return problem(_SIGNATURE, "The key to sign mail with cannot be used", sentence(trouble))
    if keys:
        kinds = " and ".join(f"RSA {key.bits}" if key.bits else "Ed25519" for key in keys)
        return ok(_SIGNATURE, f"Mail is signed for {keys[0].domain} ({kinds})")
    return warning(
        _SIGNATURE,
        "Nothing here signs the mail",
        "Large inboxes refuse bulk mail without a DKIM signature. Your mail server may sign it, which cannot "
        f"be seen from here; its signature has to be one of {domain}.",
        "Let the mail server sign, or make a key:\nnewsletter dkim generate",
    )


def _checked(text: str) -> dict[str, str]:
    tags = tags_of(text)
    if "v" in tags and (next(iter(tags)) != "v" or tags["v"] != "DKIM1"):
        raise Malformed("v=DKIM1 has to come first")
    if "p" not in tags:
        raise Malformed("it has no key (p=)")
    tags["p"] = "".join(tags["p"].split())
    try:
        base64.b64decode(tags["p"], validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("its key (p=) is not base64; was it cut off or quoted?") from None
    return tags


def _unlike(tags: dict[str, str], wanted: dict[str, str]) -> str:
    """Why no signature of ours can be verified by it."""
    if not tags["p"]:
        return "Its key is empty, which means that it was revoked."
    if tags.get("k", "rsa") != wanted["k"]:
        return f"It is of the kind {shown(tags.get('k', 'rsa'))}, the private key of {wanted['k']!r}."
    if tags["p"] != wanted["p"]:
        return "It has another public key: every signature fails."
    if "h" in tags and "sha256" not in _words(tags["h"]):
        return "It does not allow SHA-256 (h=), by which is signed."
    if "s" in tags and not {"*", "email"} & set(_words(tags["s"])):
        return "It is not for email (s=)."
    return ""


def _judge_key(key: SigningKey, tags: dict[str, str]) -> Finding:
    flags = _words(tags.get("t", ""))
    if key.bits is not None and key.bits < _BITS:
        return problem(
            _DKIM,
            f"The DKIM key at {key.name} has {key.bits} bits",
            f"Large inboxes want at least {_BITS}.",
            "Make a new one under a new selector:\nnewsletter dkim generate --selector NAME",
        )
    if "s" in flags and key.domain.casefold() != key.identity.casefold():
        return warning(
            _DKIM,
            f"The DKIM key at {key.name} is for {key.domain} alone (t=s)",
            f"The sender's domain is {key.identity}.",
            f"Publish it without t=s:\n{record(key.name, key.record)}",
        )
    if "y" in flags:
        return warning(
            _DKIM,
            f"The DKIM key at {key.name} is marked as a test (t=y)",
            "Receivers treat mail signed by it as if it were not signed.",
            f"Publish it without t=y:\n{record(key.name, key.record)}",
        )
    return ok(_DKIM, f"DKIM: {key.name} is our key, {f'RSA {key.bits}' if key.bits else 'Ed25519'}")


def _words(value: str) -> list[str]:
    return [word.strip() for word in value.split(":")]
