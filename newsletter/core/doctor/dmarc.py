"""DMARC (RFC 7489, 6.3; the tree walk of its successor): what the sender's domain asks of receivers, and
whether our mail is aligned with it. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.core.doctor.finding import Finding, ok, problem, record, sentence, warning
from newsletter.core.doctor.questions import Ask, Question, within
from newsletter.core.doctor.tags import Malformed, tags_of

__all__ = ["Policy", "judge_dmarc", "policy_of"]

_DMARC = "dmarc"
_STEPS = 8
"""Questions at most: a longer name is shortened to seven labels first."""
_POLICIES = ("none", "quarantine", "reject")


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for a domain."""

    at: str
    """The domain whose record it is."""
    texts: tuple[str, ...]
    organisation: str
    """The domain that owns it, as far as the records tell."""


def policy_of(domain: str, ask: Ask) -> Policy | None:
    """The record of the domain itself, else of the nearest above it that has one."""
    found: list[tuple[str, tuple[str, ...], str]] = []
    for name in _upwards(domain):
        texts = tuple(t for t in ask(Question(f"_dmarc.{name}", "TXT")) if _is_dmarc(t))
        if texts:
            suffix = _public_suffix(texts)
            found.append((name, texts, suffix))
            if suffix:
                break
    if not found:
        return None
    at, texts, _ = found[0]
    last, _, suffix = found[-1]
    above = next((name for name in reversed(_upwards(domain)) if name.endswith(f".{last}")), last)
    return Policy(at, texts, above if suffix == "y" else last)


def judge_dmarc(domain: str, policy: Policy | None, signer: str | None, envelope: str) -> Sequence[Finding]:
    """`signer` is the domain of our signatures, where there are any."""
    if policy is None or len(policy.texts) != 1:
        return [_none(domain, policy)]
    try:
        tags = tags_of(policy.texts[0])
        _check(tags)
    except Malformed as error:
        return [_broken(policy, str(error))]
    return [_strength(domain, policy, tags), _alignment(domain, policy, tags, signer, envelope)]


def _upwards(domain: str) -> list[str]:
    """The domain, and those above it with two labels or more."""
    labels = domain.rstrip(".").split(".")
    names = [".".join(labels[at:]) for at in range(max(len(labels) - 1, 1))]
    return names if len(names) <= _STEPS else [names[0], *names[-(_STEPS - 2) :]]


def _is_dmarc(text: str) -> bool:
    return re.match(r"v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)", text) is not None


def _public_suffix(texts: Sequence[str]) -> str:
    """What `psd` says: "n" for where the walk ends, "y" for a domain that others register names in."""
    try:
        found = tags_of(texts[0]).get("psd", "") if len(texts) == 1 else ""
    except Malformed:
        return ""
    return found if found in ("y", "n") else ""


def _check(tags: dict[str, str]) -> None:
    if "p" not in tags:
        raise Malformed("it has no policy (p=)")
    for name in ("p", "sp"):
        if tags.get(name, "none").lower() not in _POLICIES:
            raise Malformed(f"{name}= is none of {', '.join(_POLICIES)}")
    for name in ("adkim", "aspf"):
        if tags.get(name, "r").lower() not in ("r", "s"):
            raise Malformed(f"{name}= is neither r nor s")
    for address in filter(None, tags.get("rua", "").split(",")):
        if not re.fullmatch(r"\s*mailto:[^@\s]+@[^@\s]+\s*", address, re.IGNORECASE):
            raise Malformed("rua= has something other than mailto: addresses")


def _none(domain: str, policy: Policy | None) -> Finding:
    if policy:
        title = f"{policy.at} has {len(policy.texts)} DMARC records"
        detail = "A domain may have one; with more, receivers take none of them."
        return problem(_DMARC, title, detail, f"Keep one:\n{_first(policy.at)}")
    return problem(
        _DMARC,
        f"{domain} has no DMARC record",
        "Gmail, Yahoo and Microsoft want one of every bulk sender; p=none is enough to begin with.",
        f"Publish one; reports go to the address in it:\n{_first(domain)}",
    )


def _broken(policy: Policy, reason: str) -> Finding:
    detail = f"{sentence(reason)} Receivers take a broken record for none."
    return problem(
        _DMARC, f"The DMARC record of {policy.at} is broken", detail, f"Correct it:\n{_first(policy.at)}"
    )


def _strength(domain: str, policy: Policy, tags: dict[str, str]) -> Finding:
    name = "p" if policy.at == domain or "sp" not in tags else "sp"
    title = f"DMARC of {policy.at}: {name}={tags[name].lower()}"
    if not tags.get("rua"):
        return warning(
            _DMARC,
            f"{title}, and nobody gets the reports",
            "Without rua= you do not hear whose mail in your name fails.",
            f"Name a mailbox:\n{record(f'_dmarc.{policy.at}', _with_reports(policy))}",
        )
    return ok(_DMARC, title)


def _alignment(
    domain: str, policy: Policy, tags: dict[str, str], signer: str | None, envelope: str
) -> Finding:
    aligned = [
        f"{way} ({other})"
        for way, other, mode in (("DKIM", signer, "adkim"), ("SPF", envelope, "aspf"))
        if other and _is_aligned(domain, other, policy, strict=tags.get(mode, "r").lower() == "s")
    ]
    if aligned:
        return ok(_DMARC, f"DMARC: From {domain} is aligned with {' and '.join(aligned)}")
    return problem(
        _DMARC,
        f"DMARC: From {domain} is aligned with nothing",
        f"Neither the signature ({signer or 'there is none'}) nor the envelope ({envelope}) is of that "
        "domain, so DMARC fails whatever SPF and DKIM say.",
        f'Sign with it, in [dkim]:\ndomain = "{domain}"',
    )


def _is_aligned(domain: str, other: str, policy: Policy, *, strict: bool) -> bool:
    if strict:
        return domain.casefold() == other.casefold()
    return within(other, domain) or within(domain, other) or within(other, policy.organisation)


def _first(domain: str) -> str:
    return record(f"_dmarc.{domain}", f"v=DMARC1; p=none; rua=mailto:dmarc@{domain}")


def _with_reports(policy: Policy) -> str:
    kept = " ".join(policy.texts[0].split()).rstrip("; ")
    return f"{kept}; rua=mailto:dmarc@{policy.at}"
