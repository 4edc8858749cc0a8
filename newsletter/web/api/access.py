"""Who may use the API: bearer tokens (RFC 6750), and a limit for those who guess."""

import hmac
from collections.abc import Sequence
from enum import Enum
from hashlib import sha256

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.core.visitors import Network, visitor
from newsletter.ports import Clock
from newsletter.web.api.problems import problem
from newsletter.web.attempts import Attempts
from newsletter.web.clients import client_of

__all__ = ["Access", "Gate", "Role"]

LARGEST = 2**18
"""Octets of a body: more than any takes that is within the limits."""
_READING = ("GET", "HEAD")
_READ_ONLY = "read:"


class Role(Enum):
    """What a token is good for."""

    READ = "read"
    WRITE = "write"


class Access:
    """The tokens, as digests: comparing them says nothing about how much of one was right."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._roles = [
            (
                _digest(token.removeprefix(_READ_ONLY)),
                Role.READ if token.startswith(_READ_ONLY) else Role.WRITE,
            )
            for token in tokens
        ]

    def role(self, header: str) -> Role | None:
        """What the header Authorization allows; None where its token is not ours."""
        scheme, _, token = header.partition(" ")
        given = _digest(token.strip())
        found = [role for digest, role in self._roles if hmac.compare_digest(digest, given)]
        return found[0] if found and scheme.lower() == "bearer" else None


class Gate:
    """Lets requests with a good token and a body of a fit size through to the application inside."""

    def __init__(self, app: ASGIApp, access: Access, clock: Clock, trusted: Sequence[Network]) -> None:
        """`trusted` are the proxies that are believed who asks."""
        self._app, self._access, self._clock, self._trusted = app, access, clock, trusted
        self._attempts = Attempts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        refusal = self._refusal(Request(scope))
        if refusal is None:
            body = await _whole(receive)
            if body is not None:
                await self._app(scope, body, send)
                return
            refusal = (413, f"The body may have {LARGEST:,} octets: send less, or in several requests.", {})
        status, detail, headers = refusal
        await problem(status, detail, headers)(scope, receive, send)

    def _refusal(self, request: Request) -> tuple[int, str, dict[str, str]] | None:
        now = self._clock.now()
        address = client_of(request, self._trusted)
        client = str(visitor(address)) if address else ""
        if seconds := self._attempts.wait(client, now):
            return 429, f"Too many wrong tokens: try again in {seconds} s.", {"Retry-After": str(seconds)}
        header = request.headers.get("Authorization", "")
        role = self._access.role(header)
        if role is None:
            self._attempts.failed(client, now)
            challenge = 'Bearer realm="newsletter"' + (', error="invalid_token"' if header else "")
            return (
                401,
                "Send the header Authorization: Bearer TOKEN, with a token of [api].",
                _asking(challenge),
            )
        if role is Role.READ and request.method not in _READING:
            challenge = 'Bearer realm="newsletter", error="insufficient_scope"'
            return 403, "This token may only read: use one without read: in front.", _asking(challenge)
        return None


def _asking(challenge: str) -> dict[str, str]:
    return {"WWW-Authenticate": challenge}


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogateescape")).digest()


async def _whole(receive: Receive) -> Receive | None:
    """What gives the body again, which has come whole; None where it is too large."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return _replaying(message, receive)
        body += message.get("body", b"")
        if len(body) > LARGEST:
            return None
        more = message.get("more_body", False)
    return _replaying({"type": "http.request", "body": bytes(body), "more_body": False}, receive)


def _replaying(first: Message, receive: Receive) -> Receive:
    messages = [first]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
