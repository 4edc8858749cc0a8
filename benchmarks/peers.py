"""What delivery is measured against: a sink that takes everything, the fastest client, the fastest signer."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

CONNECTIONS = 20


def tool(name: str, package: str = "postfix") -> str:
    """Debian keeps some in /usr/sbin, which is not on everybody's path."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        raise SystemExit(f"{name} is missing: apt-get install --no-install-recommends {package}")
    return found


def free_port() -> int:
    """Of loopback."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """smtp-sink, which takes everything and keeps nothing; its port."""
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []  # it refuses to stay root
    command = [tool("smtp-sink"), *user, f"127.0.0.1:{port}", "1000"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()


def smtp_source(port: int, size: int, messages: int) -> float:
    """Messages a second of a bare C program that repeats one message of this size, its connections open."""
    start = time.perf_counter()
    subprocess.run(
        [tool("smtp-source"), "-d", "-s", str(CONNECTIONS), "-l", str(size), "-m", str(messages),
         "-f", "papers@example.org", "-t", "reader@example.org", f"127.0.0.1:{port}"],
        check=True,
    )  # fmt: skip
    return messages / (time.perf_counter() - start)


def rsa_floor(seconds: int = 3) -> float:
    """RSA-2048 signatures a second of wall-clock time, on one core, of nothing but OpenSSL."""
    done = subprocess.run(
        [tool("openssl", "openssl"), "speed", "-mr", "-elapsed", "-seconds", str(seconds), "rsa2048"],
        check=True,
        capture_output=True,
        text=True,
    )
    # +F2:place:bits:seconds or signatures:...
    figure = float(next(line for line in done.stdout.splitlines() if line.startswith("+F2")).split(":")[3])
    return figure if figure > 1 else 1 / figure  # older versions say how long one takes
