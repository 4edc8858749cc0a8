"""The command line without the time that it takes to load: a process that has loaded it forks for each start.

    test ──arguments, directory, environment, descriptors──▶ nurse ──forks──▶ watch ──forks──▶ the command
      ▲──────────────────────how it ended───────────────────────────────────────┘

What a test starts is a process as any other, with descriptors, directory, environment and arguments of its
own, to be stopped and killed. It shares only what was loaded, and the seed of hashes.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

__all__ = ["Warm"]

_LOADED = (
    "newsletter.adapters.stores.moving",
    "newsletter.bootstrap.sources",
    "newsletter.cli",
    "newsletter.scheduler.worker",
    "uvloop",
)
_MOST = 1 << 17
"""Bytes of an order."""
_STATUS = 4
"""Bytes of how a process ended."""


class Warm(subprocess.Popen[str]):
    """`python -m newsletter` as Popen would start it."""

    def _execute_child(self, args: list[str], *rest: Any) -> None:
        """Called with what Python 3.11 and later call it with."""
        order = {
            "arguments": args[3:],
            "directory": os.fspath(rest[4]),
            "environment": dict(os.environ if rest[5] is None else rest[5]),
        }
        pipes = rest[9:15]
        stdin, _, _, stdout, _, stderr = pipes
        self._ended, tell = os.pipe()
        try:
            self.pid = _nurse().start(order, (max(stdin, 0), stdout, stderr, tell))
            self._child_created = True
        finally:
            os.close(tell)
            self._close_pipe_fds(*pipes)

    def _try_wait(self, flags: int) -> tuple[int, int]:
        """What `waitpid` says of a child, which this process is not."""
        if not select.select([self._ended], [], [], 0 if flags & os.WNOHANG else None)[0]:
            return 0, 0
        said = os.read(self._ended, _STATUS)
        os.close(self._ended)
        assert len(said) == _STATUS, "nobody knows how it ended"
        return self.pid, int.from_bytes(said, "little")

    def _internal_poll(self, *_: Any, **__: Any) -> int | None:
        if self.returncode is None:
            pid, status = self._try_wait(os.WNOHANG)
            if pid:
                self._handle_exitstatus(status)
        return self.returncode


class _Nurse:
    """The process that has loaded the program, as a test has it."""

    def __init__(self) -> None:
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._one_at_a_time = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )

    def start(self, order: dict[str, Any], descriptors: Sequence[int]) -> int:
        """The process id of what was started."""
        with self._one_at_a_time:
            socket.send_fds(self._orders, [json.dumps(order).encode()], list(descriptors))
            return int(self._orders.recv(64))

    def stop(self) -> None:
        """In good order, so that what measures coverage can write it down."""
        self._orders.close()
        self._process.wait()


@cache
def _nurse() -> _Nurse:
    nurse = _Nurse()
    atexit.register(nurse.stop)
    return nurse


# In the process that has loaded the program


def main() -> None:
    for name in _LOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    if (arguments := _serve(socket.socket(fileno=int(sys.argv[1])))) is not None:
        sys.argv[1:] = arguments
        runpy.run_module("newsletter", run_name="__main__", alter_sys=True)


def _serve(orders: socket.socket) -> list[str] | None:
    """Fork for each order until nobody gives one more. In what was forked, the arguments of its command."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a watch
    while True:
        content, received, *_ = socket.recv_fds(orders, _MOST, 4)
        if not content:
            return None
        *standard, tell = received
        heard, said = os.pipe()
        if not os.fork():
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if child := os.fork():
                _watch(child, said, tell)
            for descriptor in (heard, said, tell, orders.detach()):
                os.close(descriptor)
            return _become(json.loads(content), standard)
        for descriptor in (said, *received):
            os.close(descriptor)
        orders.send(os.read(heard, 64))
        os.close(heard)


def _watch(child: int, said: int, tell: int) -> NoReturn:
    """Say who it is and how it ended, and keep nothing open that is its own."""
    os.write(said, str(child).encode())
    os.dup2(tell, 0)
    os.closerange(1, 1024)
    _, status = os.waitpid(child, 0)
    os.write(0, status.to_bytes(_STATUS, "little"))
    os._exit(0)


def _become(order: dict[str, Any], standard: Sequence[int]) -> list[str]:
    for place, descriptor in enumerate(standard):
        os.dup2(descriptor, place)
        os.close(descriptor)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115
    os.chdir(order["directory"])
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    sys.path[0] = order["directory"]
    return list(order["arguments"])


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[2])
    main()
