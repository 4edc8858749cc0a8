"""Where the operator decides on an edition that waits: behind the link of the mail that asks for it.

Whoever has the link may decide; it works for as long as the edition waits. The texts are English, whatever
the newsletter's language is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from newsletter.core import revision
from newsletter.core.model import Edition, RankedEntry
from newsletter.core.series import archive_path, edition_name
from newsletter.errors import DraftChanged, InputError, TemplateError
from newsletter.ports import WaitingEdition
from newsletter.render.text import clean, safe_link
from newsletter.services.approval import is_link_of, spoken_deadline
from newsletter.services.daily import Published
from newsletter.web.pages.common import PRIVATE, Common, is_number
from newsletter.web.pages.form import read_fields

__all__ = ["ApprovalPages"]

_EMAIL_POLICY = (
    "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class _Entry(NamedTuple):
    """One entry with what may be done with it."""

    rank: int
    title: str
    href: str | None
    line: str
    reasons: str
    above: int | None
    below: int | None


class _Group(NamedTuple):
    """A section, or what is told of by title."""

    heading: str
    entries: tuple[_Entry, ...]


@dataclass(frozen=True)
class _Asked:
    """What a button says: "approve", "reject", "move 3 1" for the entry of rank 3 to rank 1, "drop 3"."""

    verb: str
    numbers: tuple[int, ...]
    version: int

    @classmethod
    async def by(cls, request: Request) -> "_Asked":
        fields = await read_fields(request)
        verb, *numbers = fields.get("do", [""])[-1].split(" ")
        version = fields.get("version", [""])[-1]
        if not all(map(is_number, (*numbers, version))):
            raise HTTPException(400)
        asked = cls(verb, tuple(map(int, numbers)), int(version))
        if (verb, len(numbers)) not in (("approve", 0), ("reject", 0), ("drop", 1), ("move", 2)):
            raise HTTPException(400)
        return asked


class ApprovalPages:
    """The edition, its email, and what the buttons do."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._app = common.app

    async def show(self, request: Request) -> Response:
        """The edition as it would go out, and the buttons."""
        waiting = await self._waiting(request)
        return self._page(request, waiting) if waiting else self._common.unsubscribing(None)

    async def preview(self, request: Request) -> Response:
        """The email itself, in a page that may do nothing."""
        waiting = await self._waiting(request)
        if waiting is None:
            return self._common.unsubscribing(None)
        written = self._app.approval.sample(waiting, self._app.clock.now())
        return HTMLResponse(written.copy.html, headers={**PRIVATE, "Content-Security-Policy": _EMAIL_POLICY})

    async def act(self, request: Request) -> Response:
        """By one of the buttons. Where somebody else was quicker, nothing is done."""
        asked = await _Asked.by(request)
        waiting = await self._waiting(request)
        if waiting is None:
            return self._common.unsubscribing(None)
        if waiting.deadline <= self._app.clock.now():
            return await self._too_late(waiting)
        try:
            if asked.version != waiting.version:
                raise DraftChanged
            return await self._do(request, asked, waiting)
        except DraftChanged:
            return self._stopped(request, waiting, "Somebody else has changed it, or decided on it")
        except (InputError, TemplateError) as error:
            return self._stopped(request, waiting, str(error).rstrip("."))

    async def _do(self, request: Request, asked: _Asked, waiting: WaitingEdition) -> Response:
        approval, now = self._app.approval, self._app.clock.now()
        if asked.verb == "approve":
            return await self._decided(waiting, await approval.approve(waiting, now))
        if asked.verb == "reject":
            return await self._decided(waiting, await approval.reject(waiting, "on the web", now))
        rank, *to = asked.numbers
        id_ = revision.found_in(waiting.edition, str(rank)).entry.id
        if to:
            await approval.move(waiting, id_, to[0])
        else:
            await approval.drop(waiting, id_)
        # To the page anew, so that loading it again does nothing twice.
        place = f"#paper-{to[0] if to else max(rank - 1, 1)}"
        return RedirectResponse(f"{self._here(request)}{place}", 303, PRIVATE)

    async def _waiting(self, request: Request) -> WaitingEdition | None:
        """Whose link this is; None for one that is not ours, and once there is nothing to decide."""
        token = request.path_params["token"]
        found = (
            waiting
            for waiting in await self._app.approval.waiting()
            if is_link_of(self._app.keys, waiting, token)
        )
        return next(found, None)

    def _here(self, request: Request) -> str:
        return f"{self._common.base}/approve/{request.path_params['token']}"

    def _page(self, request: Request, waiting: WaitingEdition) -> Response:
        edition = waiting.edition
        return self._common.page(
            "approve.html",
            headers=PRIVATE,
            here=self._here(request),
            name_of_it=edition_name(edition),
            slot=edition.slot,
            subject=clean(edition.subject),
            until=spoken_deadline(waiting),
            late=waiting.deadline <= self._app.clock.now(),
            sends=self._app.approval.sends_at_deadline,
            version=waiting.version,
            groups=tuple(_groups(edition)),
            dropped=len(waiting.dropped),
            more=edition.more,
        )

    async def _too_late(self, waiting: WaitingEdition) -> Response:
        for settled in await self._app.approval.settle(self._app.clock.now()):
            if settled.outcome.slot == waiting.edition.slot:
                return await self._decided(waiting, settled)
        return self._common.unsubscribing(None)

    async def _decided(self, waiting: WaitingEdition, decided: Published) -> Response:
        published = decided.edition
        copies = (await self._app.outbox.accounting(published.id)).planned if published else 0
        return self._common.page(
            "decided.html",
            headers=PRIVATE,
            name_of_it=edition_name(waiting.edition),
            subject=clean(published.edition.subject) if published else "",
            copies=copies,
            archive=f"{self._common.base}{archive_path(published.edition)}" if published else "",
            reason=decided.outcome.reason,
        )

    def _stopped(self, request: Request, waiting: WaitingEdition, why: str) -> Response:
        return self._common.page(
            "undecided.html",
            409,
            PRIVATE,
            name_of_it=edition_name(waiting.edition),
            why=why,
            here=self._here(request),
        )


def _groups(edition: Edition) -> Iterator[_Group]:
    for section in edition.sections:
        yield _Group(clean(section.topic), _entries(edition, section.entries))
    if edition.also:
        yield _Group("By title only", _entries(edition, edition.also))


def _entries(edition: Edition, items: Iterable[RankedEntry]) -> tuple[_Entry, ...]:
    return tuple(
        _Entry(
            rank=item.rank,
            title=clean(item.entry.title) or "Untitled",
            href=safe_link(item.entry.link),
            line=clean(item.line),
            reasons=", ".join(map(clean, item.reasons[:3])),
            above=revision.above(edition, item.rank),
            below=revision.below(edition, item.rank),
        )
        for item in items
    )
