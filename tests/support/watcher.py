"""A watch on the web, such as the operator's own: a real server in a thread that keeps what it gets."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Watcher:
    """`status` is what it answers."""

    address: str = ""
    status: int = 200
    location: str = ""
    """Where it redirects to, if its status says so."""
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    """Method, path and JSON body of each."""

    @property
    def told(self) -> list[tuple[str, str]]:
        """The path and the outcome of each POST."""
        return [(path, body["outcome"]) for method, path, body in self.calls if method == "POST"]


@contextmanager
def watcher() -> Iterator[Watcher]:
    """On a free port of loopback."""
    watch = Watcher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, body: object) -> None:
            watch.calls.append((self.command, self.path, body))
            self.send_response(watch.status)
            if watch.location:
                self.send_header("Location", watch.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        watch.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield watch
        finally:
            server.shutdown()
            thread.join()
