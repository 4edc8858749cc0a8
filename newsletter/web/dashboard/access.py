"""Who may look: whoever asks from this machine itself, and whoever has the token.

    Host is a name of this machine, the peer is this machine, no proxy has left a trace ─▶ shown
    a token is configured and given ─▶ shown; wrong or none ─▶ 401
    otherwise ─▶ 403, which says what to configure

The name in Host keeps out pages elsewhere that point a name of theirs here (DNS rebinding). A proxy on this
machine is a peer on this machine too, so its requests are told by its traces.
"""

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from newsletter.core.visitors import Network, visitor
from newsletter.ports import Clock
from newsletter.web.attempts import Attempts
from newsletter.web.clients import client_of

__all__ = ["PRIVATE", "Guard", "guarded"]

Handler = Callable[[Request], Awaitable[Response]]

PRIVATE = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_TRACES = ("forwarded", "x-real-ip", "via", "x-forwarded-", "cf-", "true-client-ip", "x-client-ip")
"""How names of headers begin that proxies add."""
_LOCAL_NAMES = ("localhost", "localhost.")
_CHALLENGE = 'Basic realm="newsletter", charset="UTF-8", Bearer realm="newsletter"'
_CLOSED = (
    "The dashboard and the metrics are shown on the machine itself alone, at an address such as "
    "http://127.0.0.1:8080/dashboard. To look from elsewhere put a token of at least 24 characters into the "
    "environment as NEWSLETTER_DASHBOARD_TOKEN, or name a file that has it as [dashboard] token_file, and "
    "restart `newsletter serve`.\n"
)
_ASKED = "Give the token of [dashboard]: as the password, with any name, or in Authorization: Bearer TOKEN.\n"


class Guard:
    """Decides of each request."""

    def __init__(self, token: str | None, clock: Clock, trusted: Sequence[Network]) -> None:
        """`trusted` are the proxies that are believed who asks, for the limit of those who guess."""
        self._digest = _digest(token) if token else None
        self._clock, self._trusted = clock, trusted
        self._attempts = Attempts()

    def refusal(self, request: Request) -> Response | None:
        """What to answer instead of what was asked for; None where that may be shown."""
        if is_local(request):
            return None
        if self._digest is None:
            return PlainTextResponse(_CLOSED, 403, PRIVATE)
        header = request.headers.get("authorization", "")
        now, address = self._clock.now(), client_of(request, self._trusted)
        client = str(visitor(address)) if address else ""
        if seconds := self._attempts.wait(client, now):
            text = f"Too many wrong tokens: try again in {seconds} s.\n"
            return PlainTextResponse(text, 429, {**PRIVATE, "Retry-After": str(seconds)})
        if header and hmac.compare_digest(_digest(_given(header)), self._digest):
            return None
        if header:
            self._attempts.failed(client, now)
        return PlainTextResponse(_ASKED, 401, {**PRIVATE, "WWW-Authenticate": _CHALLENGE})


def guarded(guard: Guard, handler: Handler) -> Handler:
    """The handler, behind the guard."""

    async def answer(request: Request) -> Response:
        return guard.refusal(request) or await handler(request)

    return answer


def is_local(request: Request) -> bool:
    """Whether somebody on this machine asks this machine, as far as can be told."""
    peer = request.client.host if request.client else ""
    traced = any(name.startswith(_TRACES) for name in request.headers)
    # What nginx sends on unless it is told otherwise: no trace, its own name for us, and one request each.
    relayed = request.scope.get("http_version") == "1.0" or "close" in request.headers.get("connection", "")
    return _is_loopback(peer) and _names_us(request) and not traced and not relayed


def _names_us(request: Request) -> bool:
    hosts = request.headers.getlist("host")
    if len(hosts) != 1:
        return False
    host = hosts[0].strip().lower()
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name in _LOCAL_NAMES or _is_loopback(name)


def _is_loopback(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def _given(header: str) -> str:
    """The token of a header Authorization, by either scheme; empty where there is none."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        pair = base64.b64decode(rest.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""
    return pair.partition(":")[2]


def _digest(token: str) -> bytes:
    """Comparing these says nothing about how much of a token was right."""
    return sha256(token.encode("utf-8", "surrogateescape")).digest()
