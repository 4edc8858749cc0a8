"""A real name server on a port of this machine, which knows what it is told."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.reversename
import dns.rrset

Zone = Mapping[tuple[str, str], Sequence[str]]
"""From a name and a kind to records as zone files have them. `("*", KIND)` is for all other names."""


def txt(text: str) -> str:
    """A TXT record's text as a zone file has it."""
    parts = [text[at : at + 255] for at in range(0, len(text), 255)] or [""]
    return " ".join('"' + part.replace("\\", r"\\").replace('"', r"\"") + '"' for part in parts)


def backwards(address: str) -> str:
    """The name that an address has a PTR record at."""
    return dns.reversename.from_address(address).to_text(omit_final_dot=True)


@dataclass
class NameServer(asyncio.DatagramProtocol):
    """`fails` are names of which it says SERVFAIL; it is silent about those in `silent`."""

    zone: Zone
    fails: Sequence[str] = ()
    silent: Sequence[str] = ()
    port: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    @property
    def place(self) -> str:
        """As --resolver wants it."""
        return f"127.0.0.1:{self.port}"

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = question.rdtype.name
        self.asked.append((name, kind))
        if name in self.silent:
            return
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA | dns.flags.RA
        known = {known for known, _ in self.zone}
        found = self.zone.get((name, kind)) or self.zone.get(("*", kind))
        if name in self.fails:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif found:
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
        elif name not in known:
            response.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(response.to_wire(max_size=65535), addr)


@asynccontextmanager
async def dns_server(
    zone: Zone, *, fails: Sequence[str] = (), silent: Sequence[str] = ()
) -> AsyncIterator[NameServer]:
    """The server on a free port of loopback, in this event loop."""
    server = NameServer(zone, fails, silent)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: server, local_addr=("127.0.0.1", 0))
    try:
        yield server
    finally:
        transport.close()
