"""The checks that ask the DNS. Judging is pure, and is done anew whenever an answer has come in."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TypeVar

from newsletter.core.doctor.dkim import judge_dkim
from newsletter.core.doctor.dmarc import judge_dmarc, policy_of
from newsletter.core.doctor.finding import Finding
from newsletter.core.doctor.names import judge_mx, judge_ptr
from newsletter.core.doctor.questions import Ask, NoAnswer, Question
from newsletter.core.doctor.sending import Origin, judge_spf
from newsletter.ports.doctor import Machine, Names
from newsletter.services.doctor.patient import Patient, Post

__all__ = ["DnsChecks"]

T = TypeVar("T")
_MOST = 150
"""Questions that one judgement may have."""


class _Missing(Exception):
    """This is not known yet."""

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        self.question = question


class DnsChecks:
    """Of one newsletter; what was answered once is not asked again."""

    def __init__(
        self, names: Names, machine: Machine, is_public: Callable[[IPv4Address | IPv6Address], bool]
    ) -> None:
        self._names = names
        self._machine = machine
        self._is_public = is_public
        self._known: dict[Question, Sequence[str]] = {}

    async def spf(self, patient: Patient) -> Sequence[Finding]:
        """Of the envelope's domain."""
        origins = [await self._origin(post, patient) for post in patient.posts]
        return await self._judged(_all_of(partial(judge_spf, patient.envelope, _distinct(origins))))

    async def dkim(self, patient: Patient) -> Sequence[Finding]:
        """Of each key."""
        return [judge_dkim(key, await self._asked(Question(key.name, "TXT"))) for key in patient.keys]

    async def dmarc(self, patient: Patient) -> Sequence[Finding]:
        """Of the sender's domain, and whether the mail is aligned with it."""
        policy = await self._judged(partial(policy_of, patient.domain))
        signer = patient.keys[0].domain if patient.keys else None
        return judge_dmarc(patient.domain, policy, signer, patient.envelope)

    async def mx(self, patient: Patient) -> Sequence[Finding]:
        """Of the domains that mail comes back to."""
        takers: dict[str, list[str]] = {}
        for domain, what in ((patient.replies, "replies"), (patient.envelope, "bounces")):
            takers.setdefault(domain, []).append(what)
        return [
            await self._judged(partial(judge_mx, domain, " and ".join(what)))
            for domain, what in takers.items()
        ]

    async def ptr(self, patient: Patient) -> Sequence[Finding]:
        """Of the addresses that mail comes from."""
        origins = [await self._origin(post, patient) for post in patient.posts]
        found = [await self._judged(_all_of(partial(judge_ptr, origin))) for origin in _distinct(origins)]
        return [finding for findings in found for finding in findings]

    async def _origin(self, post: Post, patient: Patient) -> Origin:
        addresses = await self._addresses(post)
        public = tuple(address for address in addresses if self._is_public(address))
        inner = next((str(address) for address in addresses if address not in public), "")
        own = not set(addresses).isdisjoint(self._machine.addresses())
        ours = post.server.loopback or own or _related(post.host, patient.domain)
        return Origin(post.host, public, ours, "" if public else inner)

    async def _addresses(self, post: Post) -> Sequence[IPv4Address | IPv6Address]:
        if post.server.loopback:
            return self._machine.addresses()
        try:
            return [ip_address(post.host)]
        except ValueError:
            four, six = Question(post.host, "A"), Question(post.host, "AAAA")
            return [ip_address(text) for text in (*await self._asked(four), *await self._asked(six))]

    async def _asked(self, question: Question) -> Sequence[str]:
        if question not in self._known:
            if len(self._known) >= _MOST:
                raise NoAnswer(f"more than {_MOST} questions would have to be asked")
            self._known[question] = await self._names.ask(question)
        return self._known[question]

    async def _judged(self, judge: Callable[[Ask], T]) -> T:
        """What the judge says once everything that it asks is known. Raises NoAnswer."""

        def ask(question: Question) -> Sequence[str]:
            if question not in self._known:
                raise _Missing(question)
            return self._known[question]

        while True:
            try:
                return judge(ask)
            except _Missing as missing:
                await self._asked(missing.question)


def _all_of(judge: Callable[[Ask], Iterable[T]]) -> Callable[[Ask], tuple[T, ...]]:
    """To the end at once: what is missing is raised while it is judged."""
    return lambda ask: tuple(judge(ask))


def _related(host: str, domain: str) -> bool:
    """Whether a server is in the sender's own domain, or beside it: their last two labels are the same."""
    return host.casefold().split(".")[-2:] == domain.casefold().split(".")[-2:]


def _distinct(origins: Iterable[Origin]) -> list[Origin]:
    """One for each set of addresses: several ports of a host are one."""
    return list({(origin.server, origin.addresses): origin for origin in origins}.values())
