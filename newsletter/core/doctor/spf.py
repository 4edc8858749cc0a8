"""SPF (RFC 7208): what a record says, whom it lets send, and how many lookups that costs. Pure.

    record_of(texts) ──▶ parse ──▶ Walk(ask).result(domain, address)

`ask` answers a question to the DNS; what it does not know yet it may raise, and be called again once it does.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

from newsletter.core.doctor.questions import Ask, Question
from newsletter.core.doctor.tags import Malformed, shown

__all__ = ["LIMIT", "Record", "Term", "Walk", "parse", "records_in"]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Result = Literal["pass", "fail", "softfail", "neutral", "none", "depends"]
"""Of RFC 7208, 2.6; "depends" where a macro makes it another for each message."""

LIMIT = 10
"""Terms that ask the DNS (4.6.4)."""
_VOID_LIMIT = 2
"""Of those that find nothing (4.6.4)."""
_ENOUGH = 30
"""Lookups after which nobody counts any further."""
_LONGEST = 16_384
_MECHANISM = re.compile(r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?=[:/]|\Z)([^\s]*)", re.IGNORECASE)
_MODIFIER = re.compile(r"([a-z][a-z0-9_.-]*)=(.*)", re.IGNORECASE | re.ASCII)
_LENGTHS = re.compile(r"(?P<name>.*?)(?:/(?P<four>\d{1,2}))?(?://(?P<six>\d{1,3}))?", re.ASCII)
_MACRO = re.compile(r"%(?:\{[slodiphcrtv][1-9]?\d{0,2}r?[.\-+,/_=]*\}|[%_-])", re.IGNORECASE | re.ASCII)
_DOMAIN = re.compile(r"(?=.{1,253}\.?\Z)(?:[A-Za-z0-9_-]{1,63}\.)+[A-Za-z0-9-]{1,63}\.?", re.ASCII)
_RESULTS: dict[str, Result] = {"": "pass", "+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_ASKING = ("include", "a", "mx", "ptr", "exists")


@dataclass(frozen=True, slots=True)
class Term:
    """A mechanism, with what it comes to where it matches."""

    name: str
    result: Result = "pass"
    domain: str = ""
    """Empty for the domain that the record is of."""
    network: Network | None = None
    """Of ip4 and ip6."""
    four: int = 32
    six: int = 128

    @property
    def has_macro(self) -> bool:
        """Whether its domain is another for each message."""
        return "%" in self.domain


@dataclass(frozen=True, slots=True)
class Record:
    """What one says: the mechanisms in their order, and where to go on without a match."""

    terms: tuple[Term, ...]
    redirect: str = ""

    @property
    def closes(self) -> Term | None:
        """Its `all`."""
        return next((term for term in self.terms if term.name == "all"), None)


def records_in(texts: Sequence[str]) -> tuple[str, ...]:
    """Those of the TXT records that are SPF's (4.5)."""
    return tuple(text for text in texts if re.match(r"v=spf1(?: |\Z)", text, re.IGNORECASE))


# A record is looked at anew with each answer that comes in.
@lru_cache(maxsize=200)
def parse(text: str) -> Record:
    """The terms of a record. Raises Malformed."""
    if len(text) > _LONGEST:
        raise Malformed(f"it has {len(text)} characters")
    terms: list[Term] = []
    modifiers: dict[str, str] = {}
    for word in filter(None, text.split(" ")[1:]):
        if match := _MECHANISM.fullmatch(word):
            terms.append(_term(match[2].lower(), _RESULTS[match[1]], match[3], word))
        elif match := _MODIFIER.fullmatch(word):
            name = match[1].lower()
            if name in modifiers and name in ("redirect", "exp"):
                raise Malformed(f"{name}= is there twice")
            modifiers[name] = match[2]
        else:
            raise Malformed(f"{shown(word)} is no mechanism of SPF")
    redirect = modifiers.get("redirect", "")
    if "redirect" in modifiers:
        _check_domain(redirect, f"redirect={redirect}")
    return Record(tuple(terms), redirect)


def _term(name: str, result: Result, rest: str, word: str) -> Term:
    match name:
        case "all":
            if rest:
                raise Malformed(f"nothing may follow `all` ({shown(word)})")
            return Term(name, result)
        case "ip4" | "ip6":
            return Term(name, result, network=_network(name, rest, word))
        case "include" | "exists":
            domain = rest.removeprefix(":")
            _check_domain(domain, word)
            return Term(name, result, domain)
        case _:
            return _addresses(name, result, rest, word)


def _addresses(name: str, result: Result, rest: str, word: str) -> Term:
    """`a`, `mx` and `ptr`, with a domain or without, and how many bits count."""
    found = _LENGTHS.fullmatch(rest)
    given = (found["name"], found["four"], found["six"]) if found else ("", None, None)
    domain, four, six = given[0].removeprefix(":"), int(given[1] or 32), int(given[2] or 128)
    if not found or four > 32 or six > 128 or (name == "ptr" and (given[1] or given[2])):
        raise Malformed(f"{shown(word)} has no sound length of a network")
    if given[0]:
        _check_domain(domain, word)
    return Term(name, result, domain, four=four, six=six)


def _network(name: str, rest: str, word: str) -> Network:
    try:
        network = ip_network(rest.removeprefix(":"), strict=False)
    except ValueError:
        raise Malformed(f"{shown(word)} has no IP address") from None
    if not rest.startswith(":") or network.version != int(name[2]) or "%" in rest:
        raise Malformed(f"{shown(word)} has no IP address of that kind")
    return network


def _check_domain(domain: str, word: str) -> None:
    plain = _MACRO.sub("x", domain)
    if "%" in plain or not (_DOMAIN.fullmatch(plain) or (plain != domain and plain.isascii())):
        raise Malformed(f"{shown(word)} has no domain")


@dataclass
class Walk:
    """One evaluation. Raises Malformed where a receiver would take it for a permanent error."""

    ask: Ask
    address: Address | None = None
    """Whose mail it is; None only counts what the records could cost at most."""
    lookups: int = 0
    voids: int = field(default=0, init=False)

    def result(self, domain: str) -> Result:
        """What the record of this domain says of the address."""
        found = self._record(domain)
        if found is None:
            return "none"
        for term in found.terms:
            matched = self._matches(term, domain)
            if matched == "depends":
                return "depends"
            if matched == "yes" and self.address is not None:
                return term.result
        if found.redirect and found.closes is None:
            return self._redirected(found.redirect)
        return "neutral"

    def _redirected(self, domain: str) -> Result:
        self._count()
        if "%" in domain:
            return "neutral" if self.address is None else "depends"
        result = self.result(domain)
        if result == "none" and self.address is not None:
            raise Malformed(f"it has redirect={domain}, which has no SPF record")
        return result

    def _record(self, domain: str) -> Record | None:
        texts = records_in(self.ask(Question(domain, "TXT")))
        if len(texts) > 1:
            raise Malformed(f"{domain} has {len(texts)} SPF records, and may have one")
        try:
            return parse(texts[0]) if texts else None
        except Malformed as error:
            raise Malformed(f"in the record of {domain}: {error}") from None

    def _count(self) -> None:
        self.lookups += 1
        if self.lookups > (_ENOUGH if self.address is None else LIMIT):
            raise Malformed(f"it costs more than {self.lookups - 1} lookups")

    def _matches(self, term: Term, domain: str) -> Literal["yes", "no", "depends"]:
        if term.name in _ASKING:
            self._count()
        if term.name == "all":
            return "yes"
        if term.network is not None:
            return _yes(self.address is not None and self.address in term.network)
        if term.has_macro or term.name == "ptr":
            return "no" if self.address is None else "depends"
        if term.name == "include":
            return self._included(term.domain)
        return "no" if self.address is None else _yes(self._names_it(term, term.domain or domain))

    def _included(self, domain: str) -> Literal["yes", "no", "depends"]:
        """What matches is a pass; a domain without a record is an error (5.2)."""
        result = self.result(domain)
        if result == "none":
            raise Malformed(f"it has include:{domain}, which has no SPF record")
        return "depends" if result == "depends" else _yes(result == "pass")

    def _names_it(self, term: Term, domain: str) -> bool:
        kind: Literal["A", "AAAA"] = "A" if term.name == "exists" or self._is_four else "AAAA"
        hosts = self._mail_hosts(domain) if term.name == "mx" else [domain]
        found = [text for host in hosts for text in self.ask(Question(host, kind))]
        if not found:
            self.voids += 1
            if self.voids > _VOID_LIMIT:
                raise Malformed(f"more than {_VOID_LIMIT} lookups find nothing, the last that for {domain}")
        if term.name == "exists":
            return bool(found)
        bits = term.four if self._is_four else term.six
        return any(self.address in network for network in _networks(found, bits))

    def _mail_hosts(self, domain: str) -> list[str]:
        found = self.ask(Question(domain, "MX"))
        if len(found) > LIMIT:
            raise Malformed(f"mx of {domain} leads to more than {LIMIT} names")
        return [host for text in found if (host := text.partition(" ")[2]) not in ("", ".")]

    @property
    def _is_four(self) -> bool:
        return isinstance(self.address, IPv4Address)


def _yes(matches: bool) -> Literal["yes", "no"]:
    return "yes" if matches else "no"


def _networks(texts: Sequence[str], bits: int) -> Iterator[Network]:
    for text in texts:
        yield ip_network(f"{ip_address(text)}/{bits}", strict=False)
