"""What an answer says besides its body: where to go, when to come back, what to remember it by."""

import re
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from newsletter.adapters.http.trouble import Trouble
from newsletter.ports import Validator

__all__ = ["REDIRECTS", "conditions_from", "header_value", "redirect_target", "refusal", "shown", "web_url"]

REDIRECTS = (301, 302, 303, 307, 308)
_PASSING = (429, 500, 502, 503, 504)
_MENDS = {
    401: "it wants a sign-in, which is not supported",
    403: "it lets no programs in, or wants to know who asks: set contact of [fetch]",
    404: "there is nothing here; correct the address of this source",
    410: "it is gone for good; take this source out or find its new address",
}
_VALUE = re.compile(r"[\x20-\x7e]{1,256}")


def conditions_from(known: Validator | None) -> dict[str, str]:
    """What is remembered comes from a server, so it is looked at again before it goes into a header."""
    if known is None:
        return {}
    headers = {"If-None-Match": header_value(known.etag), "If-Modified-Since": header_value(known.modified)}
    return {name: value for name, value in headers.items() if value}


def header_value(value: str | None) -> str | None:
    """The value if it is fit to be sent in a header: short, printable ASCII."""
    value = (value or "").strip()
    return value if _VALUE.fullmatch(value) else None


def web_url(url: str) -> httpx.URL:
    """The parsed address. Raises Trouble."""
    try:
        return httpx.URL(url).copy_with(fragment=None)
    except httpx.InvalidURL as error:
        raise Trouble("this is no web address") from error


def redirect_target(url: httpx.URL, location: str) -> httpx.URL:
    """Where a redirect leads. Raises Trouble; also for a way from https to http, because whoever stands in
    between could change what comes in clear."""
    if not location:
        raise Trouble("redirects without saying where to")
    try:
        target = url.join(location).copy_with(fragment=None)
    except httpx.InvalidURL as error:
        raise Trouble("redirects to something that is no web address") from error
    if url.scheme == "https" and target.scheme == "http":
        raise Trouble(
            f"redirects from https to {shown(target)}, in clear; where this is right, give the source that"
            " address"
        )
    return target


def refusal(response: httpx.Response) -> Trouble:
    """What is to be said of a status that is neither the page, a redirect nor `not modified`."""
    status = response.status_code
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    reason = "; ".join(filter(None, (f"the server answers {status} {phrase}".rstrip(), _MENDS.get(status))))
    return Trouble(reason, passing=status in _PASSING, wait=_wanted_wait(response.headers))


def _wanted_wait(headers: httpx.Headers) -> float | None:
    """Seconds, from Retry-After. A date in it is compared with the server's own, which saves ours from
    having to be right."""
    value = headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value[:9])
    try:
        until, now = parsedate_to_datetime(value), parsedate_to_datetime(headers.get("Date", ""))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError):
        return None


def shown(url: object) -> str:
    """An address as it may stand in a message."""
    text = re.sub(r"(?<=//)[^/?#]*@", "", str(url))
    return "".join(character if character.isprintable() else "?" for character in text)[:300]
