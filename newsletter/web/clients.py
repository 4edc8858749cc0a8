"""Who asks, as far as the network and trusted proxies say."""

from collections.abc import Sequence

from starlette.requests import Request

from newsletter.core.visitors import Address, Network, address_of

__all__ = ["client_of"]


def client_of(request: Request, trusted: Sequence[Network]) -> Address | None:
    """The address that a request came from; None where nobody knows."""
    peer = request.client.host if request.client else None
    return address_of(peer, request.headers.getlist("x-forwarded-for"), trusted)
