"""Who may send mail of the newsletter: SPF judged against the addresses that its mail comes from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsletter.core.doctor.finding import Finding, ok, problem, record, sentence, unknown, warning
from newsletter.core.doctor.questions import Ask, Question
from newsletter.core.doctor.spf import LIMIT, Address, Record, Walk, parse, records_in
from newsletter.core.doctor.tags import Malformed

__all__ = ["Origin", "judge_spf"]

_SPF = "spf"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the mail of one server comes from, as far as it can be known."""

    server: str
    """The configured host."""
    addresses: tuple[Address, ...] = ()
    ours: bool = True
    """This machine, or one in the sender's own domain; else somebody's who relays, and whose duty it is."""
    private: str = ""
    """An address that is seen only from inside, where nothing else is known."""


def judge_spf(domain: str, origins: Sequence[Origin], ask: Ask) -> Iterator[Finding]:
    """The record of the envelope's domain. `ask` may raise; then there are no findings yet."""
    texts = records_in(ask(Question(domain, "TXT")))
    if len(texts) != 1:
        yield _none(domain, origins) if not texts else _several(domain, texts)
        return
    try:
        found, walk = parse(texts[0]), Walk(ask)
        walk.result(domain)
    except Malformed as error:
        yield _broken(domain, str(error), texts[0])
        return
    yield _shape(domain, found, walk.lookups)
    for origin in origins:
        yield from _allowed(domain, origin, texts[0], ask)


def _none(domain: str, origins: Sequence[Origin]) -> Finding:
    return problem(
        _SPF,
        f"{domain} has no SPF record",
        "Gmail, Yahoo and Microsoft refuse bulk mail from a domain that does not say who may send for it.",
        "Publish one, with the include that your mail provider names in place of what stands here for it:\n"
        + record(domain, _proposal(origins)),
    )


def _several(domain: str, texts: Sequence[str]) -> Finding:
    words = [word for text in texts for word in _plain(text).split()[1:] if not word.lower().endswith("all")]
    merged = " ".join(["v=spf1", *dict.fromkeys(words), "~all"])
    return problem(
        _SPF,
        f"{domain} has {len(texts)} SPF records",
        "A domain may have one; with more, receivers take none of them.",
        f"Put them together, and take the others away:\n{record(domain, merged)}",
    )


def _broken(domain: str, reason: str, text: str) -> Finding:
    return problem(
        _SPF,
        f"The SPF record of {domain} is broken",
        f"{sentence(reason)} Receivers take a broken record for none.",
        f"Correct it. It is now:\n{record(domain, _plain(text))}",
    )


def _shape(domain: str, found: Record, lookups: int) -> Finding:
    """What can be said of the record whoever sends."""
    last = found.closes
    if lookups > LIMIT:
        return problem(
            _SPF,
            f"The SPF record of {domain} costs {lookups} lookups, {LIMIT} are allowed",
            "Receivers stop counting and take it for broken.",
            "Take out includes that nothing is sent by any more, or name addresses (ip4:, ip6:) instead.",
        )
    if last is not None and last.result == "pass":
        return problem(
            _SPF,
            f"The SPF record of {domain} lets everybody send",
            "It has `+all`, by which spam filters know a domain that protects nothing.",
            "End it with `~all` instead.",
        )
    if not found.redirect and (last is None or last.result == "neutral"):
        return warning(
            _SPF,
            f"The SPF record of {domain} says nothing of others",
            "Without `~all` or `-all` at its end, whoever else sends in your name is as good as you.",
            "End it with `~all`.",
        )
    return ok(_SPF, f"SPF of {domain}: one record, {lookups} of {LIMIT} lookups")


def _allowed(domain: str, origin: Origin, text: str, ask: Ask) -> Iterator[Finding]:
    if not origin.addresses:
        yield _not_known(domain, origin)
    for address in origin.addresses:
        try:
            result = Walk(ask, address).result(domain)
        except Malformed as error:
            yield _broken(domain, str(error), text)
            return
        yield _verdict(domain, origin, address, result, text)


def _not_known(domain: str, origin: Origin) -> Finding:
    seen = f"This machine only knows its inner address, {origin.private}. " if origin.private else ""
    return unknown(
        _SPF,
        f"Which address {origin.server} sends from is not known, nor whether SPF lets it",
        f"{seen}The address that other servers see decides.",
        f"See that the SPF record of {domain} names it as ip4: or ip6:.",
    )


def _verdict(domain: str, origin: Origin, address: Address, result: str, text: str) -> Finding:
    if result == "pass":
        return ok(_SPF, f"SPF of {domain} lets {address} send ({origin.server})")
    if result == "depends":
        return unknown(
            _SPF,
            f"Whether SPF lets {address} send depends on each message",
            "The record has macros or `ptr`, which a receiver works out for the message in hand.",
        )
    if not origin.ours:
        return warning(
            _SPF,
            f"SPF of {domain} does not name {origin.server}",
            f"Its address {address} comes to {result}. A relay may send from others than the one that takes "
            "your mail, which only its provider knows.",
            "Put the include that your provider's documentation names into the record, which is now:\n"
            + record(domain, _plain(text)),
        )
    return problem(
        _SPF,
        f"SPF of {domain} does not let {address} send",
        f"Mail by {origin.server} comes from it, and the record comes to {result}.",
        f"Name it in the record:\n{record(domain, _with(text, address))}",
    )


def _proposal(origins: Sequence[Origin]) -> str:
    words = [
        word
        for origin in origins
        for word in (map(_naming, origin.addresses) if origin.ours else [f"include:spf.{origin.server}"])
    ]
    return " ".join(["v=spf1", *(words or ["mx"]), "~all"])


def _with(text: str, address: Address) -> str:
    version, _, rest = _plain(text).partition(" ")
    return f"{version} {_naming(address)} {rest}".rstrip()


def _naming(address: Address) -> str:
    return f"ip{address.version}:{address}"


def _plain(text: str) -> str:
    """As it may be printed."""
    return "".join(sign if " " <= sign <= "~" else "?" for sign in text)[:1000]
