"""The DNS, through dnspython: asked as the system is set up, or one name server that is given."""

import asyncio
import re
import socket
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any, Self

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver
import dns.reversename

from newsletter.core.doctor.questions import NoAnswer, Question
from newsletter.errors import InputError

__all__ = ["Resolver"]

_SECONDS = 5.0
"""For all tries of one question."""
_MOST = 100
"""Records of an answer that are looked at."""
_PLACE = re.compile(r"(?:\[([0-9A-Fa-f:]+)\]|([A-Za-z0-9.-]+))(?::(\d{1,5}))?|([0-9A-Fa-f:]+)", re.ASCII)


class Resolver:
    """`ports.Names`."""

    def __init__(self, host: str | None = None, port: int = 53) -> None:
        self._host, self._port = host, port
        self._resolver: dns.asyncresolver.Resolver | None = None

    @classmethod
    def at(cls, place: str | None) -> Self:
        """The name server at `HOST` or `HOST:PORT`; without one those of the system. Raises InputError."""
        if place is None:
            return cls()
        match = _PLACE.fullmatch(place)
        if match is None or int(match[3] or 53) not in range(1, 65536):
            raise InputError(f"{place!r} is no name server; write one such as 9.9.9.9 or 127.0.0.1:5353.")
        return cls(match[1] or match[2] or match[4], int(match[3] or 53))

    async def ask(self, question: Question) -> Sequence[str]:
        """See `ports.Names`."""
        try:
            name = _name(question)
        except (dns.exception.DNSException, UnicodeError, ValueError):
            return ()  # nothing can be at what is no name
        try:
            resolver = await self._ready()
            answer = await resolver.resolve(name, question.kind, search=False, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return ()
        except dns.resolver.LifetimeTimeout:
            raise NoAnswer(f"no name server answered within {_SECONDS:g} s") from None
        except dns.resolver.NoNameservers:
            raise NoAnswer(f"the name servers fail where they are asked for {question.name}") from None
        except dns.resolver.NoResolverConfiguration:
            raise NoAnswer("this machine knows no name server") from None
        except (dns.exception.DNSException, OSError) as error:
            raise NoAnswer(f"the name server cannot be asked ({type(error).__name__})") from error
        return tuple(_text(record, question.kind) for record in list(answer.rrset or ())[:_MOST])

    async def _ready(self) -> dns.asyncresolver.Resolver:
        if self._resolver is None:
            self._resolver = dns.asyncresolver.Resolver(configure=self._host is None)
            self._resolver.lifetime, self._resolver.timeout = _SECONDS, _SECONDS / 2
            if self._host is not None:
                self._resolver.nameservers = await _addresses(self._host)
                self._resolver.port = self._port
        return self._resolver


def _name(question: Question) -> dns.name.Name:
    if question.kind == "PTR":
        return dns.reversename.from_address(question.name)
    return dns.name.from_text(question.name)


async def _addresses(host: str) -> list[str]:
    try:
        return [str(ip_address(host))]
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
        return [str(where[0]) for *_, where in found]


def _text(record: Any, kind: str) -> str:
    match kind:
        case "TXT":
            return b"".join(record.strings).decode("utf-8", "replace")
        case "MX":
            return f"{record.preference} {record.exchange.to_text(omit_final_dot=True)}"
        case "PTR":
            return str(record.target.to_text(omit_final_dot=True))
        case _:
            return str(record.address)
