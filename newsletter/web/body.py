"""The body of a request, no larger than it may be."""

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

__all__ = ["read_body"]


async def read_body(request: Request, largest: int) -> bytes:
    """All of it. More than `largest` octets are a 413; who hangs up in the middle gets a 400, if anything."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > largest:
                raise HTTPException(413)
    except ClientDisconnect as error:
        raise HTTPException(400) from error
    return bytes(body)
