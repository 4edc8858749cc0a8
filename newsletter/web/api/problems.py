"""What is answered where something is amiss: problem details as of RFC 9457, which say how to mend it."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from newsletter.errors import DeliveryError, IllegalMove, InputError, NewsletterError, NotFound, StoreError

__all__ = ["Problem", "handlers", "problem"]

MEDIA_TYPE = "application/problem+json"
_STATUS = {NotFound: 404, IllegalMove: 409, InputError: 422, DeliveryError: 502, StoreError: 503}
"""Of our own errors; others of them are the configuration's."""
_DETAILS = {
    404: "There is no such address; /api/docs names those there are.",
    405: "This address takes other methods; the header Allow names them.",
}


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    pointer: str = Field(description="Where: a JSON pointer into the body, or the name of a parameter")
    detail: str


class Problem(BaseModel):
    """Why a request was not served (RFC 9457), and how to mend it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Fault] | None = Field(None, description="Where there is more than one thing to mend")


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None, errors: Sequence[Fault] = ()
) -> Response:
    """The answer."""
    known = Problem(
        title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(errors) or None
    )
    # Escaped to ASCII, since keys that somebody sent need not be text.
    body = json.dumps(known.model_dump(exclude_none=True)).encode()
    return Response(body, status, headers, MEDIA_TYPE)


async def _foreseen(request: Request, error: Exception) -> Response:
    """One of our own errors, which says by itself what to do."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    return problem(status, str(error))


async def _http(request: Request, error: Exception) -> Response:
    known = error if isinstance(error, HTTPException) else HTTPException(500)
    detail = _DETAILS.get(known.status_code, str(known.detail))
    return problem(known.status_code, detail, known.headers)


async def _invalid(request: Request, error: Exception) -> Response:
    """A body or parameter that is not as it should be, with every fault."""
    found = error.errors() if isinstance(error, RequestValidationError) else []
    faults = [Fault(pointer=_pointer(fault["loc"]), detail=_mend(fault)) for fault in found]
    return problem(
        422, "; ".join(f"{fault.pointer or 'the body'}: {fault.detail}" for fault in faults[:5]), None, faults
    )


async def _unforeseen(request: Request, error: Exception) -> Response:
    """The server logs what it was; whoever asked can only try again."""
    return problem(500, "Something went wrong here; the log of `newsletter serve` says what. Try later.")


def _pointer(place: Sequence[int | str]) -> str:
    kind, *inner = place
    if kind != "body":
        return str(inner[0]) if inner else str(kind)
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in inner)


def _mend(fault: Mapping[str, Any]) -> str:
    match fault["type"]:
        case "extra_forbidden":
            return "unknown key: leave it out; /api/docs names those there are"
        case "missing" if fault["loc"] == ("body",):
            return "missing: send a JSON object, with Content-Type: application/json"
        case "missing":
            return "missing: add it"
        case "json_invalid":
            return f"not valid JSON ({fault.get('ctx', {}).get('error', 'unreadable')})"
        case "model_attributes_type":
            return "send a JSON object, with Content-Type: application/json"
    return str(fault["msg"]).removeprefix("Value error, ")


def handlers() -> dict[int | type[Exception], Any]:
    """By what is raised."""
    return {
        NewsletterError: _foreseen,
        HTTPException: _http,
        RequestValidationError: _invalid,
        Exception: _unforeseen,
    }
