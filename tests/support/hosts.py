"""Several hosts on one machine: network namespaces that are joined by a bridge, each with its own address.
Only root may have them, and not in every container.

    host 1 ── veth ──┐
    host 2 ── veth ──┤ bridge ── the tests' own side: PostgreSQL, the mail server
    host 3 ── veth ──┘
"""

import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["NOT_PERMITTED", "Host", "Network", "network", "why_not"]

NOT_PERMITTED = "not permitted on this machine"
"""Reasons to skip a test that nobody can do anything about say so."""
_REFUSALS = ("not permitted", "denied", "not supported", "Unknown device type", "Read-only file system")


def why_not() -> str:
    """Why there can be no such hosts here; empty where there can. Found by making one."""
    if shutil.which("ip") is None:
        return "no `ip` here: install Debian's iproute2"
    try:
        with network(1):
            return ""
    except _Refused as refusal:
        return f"network namespaces are {NOT_PERMITTED}: {refusal}"


class _Refused(Exception):
    """The system does not let us, or cannot."""


@dataclass(frozen=True)
class Host:
    """One of them. `cut_off` and `join` are what happens to its cable."""

    name: str
    address: str
    _link: str

    def enter(self) -> None:
        """From now on this process, and all that it starts, is on that host."""
        # Not before Python 3.12 does `os` know setns.
        import ctypes

        with Path(f"/run/netns/{self.name}").open() as namespace:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.setns(namespace.fileno(), 0x40000000):
                raise OSError(ctypes.get_errno(), "setns")

    def cut_off(self) -> None:
        """Nothing gets through, and nobody is told."""
        _ip("link", "set", self._link, "down")

    def join(self) -> None:
        """As before."""
        _ip("link", "set", self._link, "up")


@dataclass(frozen=True)
class Network:
    """All of them; what serves them listens at `address`."""

    address: str
    hosts: tuple[Host, ...]


@contextmanager
def network(count: int) -> Iterator[Network]:
    """So many hosts, gone afterwards. Raises where that is not permitted."""
    mark, part = secrets.token_hex(3), f"10.{200 + secrets.randbelow(50)}.{secrets.randbelow(256)}"
    bridge = f"nl{mark}"
    with ExitStack() as undo:
        _make(undo, ("link", "add", bridge, "type", "bridge"), ("link", "del", bridge))
        _ip("address", "add", f"{part}.1/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        hosts = tuple(_host(undo, mark, bridge, part, number) for number in range(count))
        yield Network(f"{part}.1", hosts)


def _host(undo: ExitStack, mark: str, bridge: str, part: str, number: int) -> Host:
    host = Host(f"nl{mark}-{number}", f"{part}.{number + 2}", f"nv{mark}{number}")
    inside = f"np{mark}{number}"
    _make(undo, ("netns", "add", host.name), ("netns", "del", host.name))
    _make(
        undo,
        ("link", "add", host._link, "type", "veth", "peer", "name", inside, "netns", host.name),
        ("link", "del", host._link),
    )
    _ip("link", "set", host._link, "master", bridge, "up")
    for command in (
        ("address", "add", f"{host.address}/24", "dev", inside),
        ("link", "set", inside, "up"),
        ("link", "set", "lo", "up"),
    ):
        _ip("-n", host.name, *command)
    return host


def _make(undo: ExitStack, command: tuple[str, ...], inverse: tuple[str, ...]) -> None:
    _ip(*command)
    undo.callback(_ip, *inverse)


def _ip(*command: str) -> None:
    done = subprocess.run(["ip", *command], capture_output=True, text=True, check=False)
    if any(refusal in done.stderr for refusal in _REFUSALS):
        raise _Refused(done.stderr.strip())
    assert done.returncode == 0, f"ip {' '.join(command)}: {done.stderr}"
