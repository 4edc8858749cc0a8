"""What takes returned messages from a mail server, for one newsletter or for several that listen together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.bootstrap.readers import Readers
from newsletter.config.returning import LmtpTable
from newsletter.errors import ConfigError

if TYPE_CHECKING:
    from newsletter.adapters.returns import ReturnsListener

__all__ = ["listeners"]


def listeners(newsletters: Sequence[Readers]) -> "list[ReturnsListener]":
    """One for each address that is listened on. Raises ConfigError."""
    return [_listener(table, _Letterboxes(theirs)) for table, theirs in _tables(newsletters).items()]


def _tables(newsletters: Sequence[Readers]) -> Mapping[LmtpTable, list[Readers]]:
    found: dict[LmtpTable, list[Readers]] = {}
    for newsletter in newsletters:
        if table := newsletter.settings.bounces.lmtp:
            found.setdefault(table, []).append(newsletter)
    addresses = [table.listen for table in found]
    if twice := [address for address in addresses if addresses.count(address) > 1]:
        raise ConfigError(
            f"[bounces.lmtp] listen: on {twice[0]} one newsletter is to speak LMTP and another SMTP; "
            "give them the same protocol, or one of them another port."
        )
    return found


def _listener(table: LmtpTable, letterboxes: "_Letterboxes") -> "ReturnsListener":
    # Loaded where it is needed: most commands take nothing in.
    from newsletter.adapters.returns import ReturnsListener

    host, _, port = table.listen.rpartition(":")
    is_lmtp = table.protocol == "lmtp"
    return ReturnsListener(letterboxes.take, letterboxes.takes, host.strip("[]"), int(port), lmtp=is_lmtp)


@dataclass(frozen=True)
class _Letterboxes:
    """Of all that listen on one address. The token of an address is that of one newsletter; a plain one may
    belong to several, and each is then asked whether a copy of its own came back."""

    newsletters: Sequence[Readers]

    def takes(self, address: str) -> bool:
        """Whether mail to this address is for one of them."""
        return any(newsletter.proofs.takes(address) for newsletter in self.newsletters)

    async def take(self, message: bytes, recipients: Sequence[str]) -> None:
        """`ports.Take`: each takes what came to its own addresses."""
        for newsletter in self.newsletters:
            if theirs := [address for address in recipients if newsletter.proofs.takes(address)]:
                await newsletter.returns.accept(message, theirs)
