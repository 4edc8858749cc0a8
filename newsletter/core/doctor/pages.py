"""The web pages as a reader's mail program meets them, and the clock by their Date. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.core.doctor.finding import Finding, ok, problem, sentence, unknown, warning
from newsletter.core.doctor.servers import Refusal, expiry

__all__ = ["Visit", "judge_clock", "judge_unsubscribe", "judge_web"]

_WEB, _UNSUBSCRIBE, _CLOCK = "web", "unsubscribe", "clock"
_LATE, _WRONG = timedelta(seconds=60), timedelta(minutes=10)
_SERVE = "Start the pages, and let your web server lead to them:\nnewsletter serve"


@dataclass(frozen=True, slots=True)
class Visit:
    """An answer."""

    status: int
    body: bytes
    """As much as was looked at."""
    private: str = ""
    """What kind of address it came from ("a private"), where that is not a public one."""
    expires: datetime | None = None
    """The server's certificate."""
    ahead: timedelta | None = None
    """By how much this machine's clock is ahead of the Date that the server said."""


def judge_web(base_url: str, seen: Visit | Refusal, now: datetime) -> Iterator[Finding]:
    """What /health says."""
    if isinstance(seen, Refusal):
        yield _unreachable(_WEB, base_url, seen)
        return
    if seen.status != 200 or b'"status"' not in seen.body:
        yield problem(
            _WEB,
            f"{base_url} is not where the newsletter's pages are",
            f"{base_url}/health answers {seen.status}, and not as `newsletter serve` does; readers cannot "
            "unsubscribe there.",
            _SERVE,
        )
        return
    yield expiry(_WEB, f"{base_url} answers", seen.expires, now, "Renew its certificate.")
    if seen.private:
        yield warning(
            _WEB,
            f"{base_url} leads to {seen.private} address from here",
            "Whether it can be reached from outside cannot be seen from inside.",
            f"Open it with a phone that is not in this network:\n{base_url}/archive",
        )


def judge_unsubscribe(base_url: str, asked: Visit | Refusal, posted: Visit | Refusal) -> Finding:
    """A link with a token that is nobody's, opened and then sent off in one click (RFC 8058, 3.1)."""
    for seen in (asked, posted):
        if isinstance(seen, Refusal):
            return _unreachable(_UNSUBSCRIBE, f"{base_url}/unsubscribe", seen)
    assert isinstance(asked, Visit)  # noqa: S101 the type checker does not see it
    assert isinstance(posted, Visit)  # noqa: S101
    if 300 <= posted.status < 400:
        return problem(
            _UNSUBSCRIBE,
            "Unsubscribing with one click is led elsewhere",
            f"A POST to {base_url}/unsubscribe/... is answered {posted.status}; mail programs do not follow.",
            "Set [newsletter] base_url to the address that it leads to, or take the redirect away.",
        )
    if (asked.status, posted.status) != (404, 404):
        return problem(
            _UNSUBSCRIBE,
            "Unsubscribing with one click does not get through",
            f"For a link that is nobody's, GET is answered {asked.status} and POST {posted.status}, where "
            "`newsletter serve` says 404 to both.",
            "Let your web server pass both to it, without a sign-in, a captcha or a cookie.",
        )
    return ok(_UNSUBSCRIBE, "Unsubscribing with one click gets through")


def judge_clock(base_url: str, seen: Visit | Refusal) -> Finding:
    """Against what the web server says."""
    if isinstance(seen, Refusal) or seen.ahead is None:
        return unknown(_CLOCK, "There is nothing to compare the clock with", f"{base_url} says no time.")
    off = abs(seen.ahead)
    seconds = int(off.total_seconds())
    way = "ahead of" if seen.ahead > timedelta(0) else "behind"
    title = f"The clock is {seconds} s {way} that of the web server"
    detail = "Editions go out at the wrong time, and mail with a wrong Date is taken for spam."
    mend = "Let the system keep the time:\ntimedatectl set-ntp true"
    if off > _WRONG:
        return problem(_CLOCK, title, detail, mend)
    if off > _LATE:
        return warning(_CLOCK, title, detail, mend)
    return ok(_CLOCK, "The clock agrees with that of the web server")


def _unreachable(check: str, address: str, seen: Refusal) -> Finding:
    if seen.offline:
        return unknown(check, f"{address} cannot be reached from here now", sentence(seen.reason))
    detail = f"{sentence(seen.reason)} Readers cannot unsubscribe, so they complain."
    mend = _SERVE
    if "certificate" in seen.reason:
        mend = "Let your web server have a certificate for that name which everybody accepts."
    elif "resolved" in seen.reason:
        mend = "Give the name an address in the DNS (A and AAAA), or correct base_url in [newsletter]."
    return problem(check, f"{address} cannot be reached", detail, mend)
