"""MX and PTR: whether the sender's domain takes mail, and whether the sending address has a name. Pure."""

from collections.abc import Iterator, Sequence

from newsletter.core.doctor.finding import Finding, ok, problem, unknown, warning
from newsletter.core.doctor.questions import Ask, Question
from newsletter.core.doctor.sending import Origin
from newsletter.core.doctor.spf import Address

__all__ = ["judge_mx", "judge_ptr"]

_MX, _PTR = "mx", "ptr"
_MOST = 5
"""Mail hosts and names that are followed."""


def judge_mx(domain: str, what: str, ask: Ask) -> Finding:
    """`what` says for whom: "replies", "bounces"."""
    found = [text.partition(" ")[2] for text in ask(Question(domain, "MX"))]
    hosts = [host for host in found if host not in ("", ".")]
    if found and not hosts:
        return problem(
            _MX,
            f"{domain} says that it takes no mail (null MX)",
            f"So {what} are lost, and some servers refuse mail from such a domain (RFC 7505).",
            f"Give it a mail server:\n{domain}. MX 10 mail.{domain}.",
        )
    if not hosts:
        return _without(domain, what, ask)
    lost = [host for host in hosts[:_MOST] if not _addresses(host, ask)]
    if len(lost) == len(hosts[:_MOST]):
        return problem(
            _MX,
            f"The mail servers of {domain} have no address",
            f"MX leads to {', '.join(lost)}; so {what} are lost.",
            "Correct the MX record, or give the name an address.",
        )
    return ok(_MX, f"MX of {domain}: {', '.join(hosts[:2])}{' and more' if len(hosts) > 2 else ''}")


def _without(domain: str, what: str, ask: Ask) -> Finding:
    mend = f"Publish one:\n{domain}. MX 10 mail.{domain}."
    if _addresses(domain, ask):
        detail = f"Mail goes to the address of the name itself then; do {what} arrive there?"
        return warning(_MX, f"{domain} has no MX record", detail, mend)
    detail = f"It has no address either: {what} are lost, and many servers refuse mail from such a domain."
    return problem(_MX, f"{domain} takes no mail", detail, mend)


def judge_ptr(origin: Origin, ask: Ask) -> Iterator[Finding]:
    """Forward-confirmed reverse DNS of each address (RFC 8601, 2.7.3: iprev)."""
    if not origin.addresses:
        seen = f"This machine only knows its inner address, {origin.private}." if origin.private else ""
        title = f"Which address {origin.server} sends from is not known, nor its name"
        yield unknown(_PTR, title, seen, "See what the address is called that others see:\ndig -x ADDRESS")
    for address in origin.addresses:
        yield _named(origin, address, ask)


def _named(origin: Origin, address: Address, ask: Ask) -> Finding:
    names = ask(Question(str(address), "PTR"))[:_MOST]
    confirmed = next((name for name in names if str(address) in _addresses(name, ask)), None)
    if confirmed:
        return ok(_PTR, f"{address} is {confirmed}, forwards and backwards")
    tell = problem if origin.ours else warning
    whose = "" if origin.ours else " It is a relay's: see that this is the address that it sends from."
    if not names:
        return tell(
            _PTR,
            f"{address} ({origin.server}) has no name",
            f"Gmail and others refuse mail from an address without a PTR record.{whose}",
            "Let whoever gave you the address (your hoster) set its PTR record to the mail server's name.",
        )
    return tell(
        _PTR,
        f"{address} is called {names[0]}, which leads elsewhere",
        f"Gmail and others want a name that leads back to the address.{whose}",
        f"Give that name this address:\n{names[0]}. {'A' if address.version == 4 else 'AAAA'} {address}",
    )


def _addresses(name: str, ask: Ask) -> Sequence[str]:
    return [*ask(Question(name, "A")), *ask(Question(name, "AAAA"))]
