"""Who asks, as far as the network says."""

from ipaddress import ip_address

from starlette.types import Scope

__all__ = ["client_of"]


def client_of(scope: Scope) -> str:
    """The address that a request came from; of IPv6 the first 64 bits, since the others are its owner's to
    choose. Empty where nobody knows."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        address = ip_address(host)
    except ValueError:
        return str(host)
    if address.version == 6:
        return address.exploded[:19]
    return str(address)
