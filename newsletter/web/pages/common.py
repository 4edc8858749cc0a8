"""What the pages have in common: templates in the newsletter's language, whose link it is, which edition."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from newsletter.bootstrap import App
from newsletter.core import tokens
from newsletter.core.model import Edition, Subscriber, SubscriberStatus
from newsletter.core.series import parse_edition_name
from newsletter.errors import NotFound
from newsletter.render.text import clean
from newsletter.render.theme import environment

__all__ = ["PRIVATE", "TEMPLATES", "TRAP", "Common", "is_number", "masked"]

_GONE = {SubscriberStatus.UNSUBSCRIBED, SubscriberStatus.COMPLAINED}
"""Those who are told that they have left, and nothing else."""
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
"""For pages whose address says who is reading."""
TRAP = "message"
"""A field of the sign-up form that people do not see. Browsers do not fill in one of this name."""
TEMPLATES = Path(__file__).parents[1] / "templates" / "site"


class Common:
    """The newsletter as its pages know it."""

    def __init__(self, app: App) -> None:
        """Raises ConfigError where there is no secret, no theme or no such language."""
        newsletter, theme = app.newsletter, app.theme
        self.app = app
        self.base = urlsplit(newsletter.base_url).path
        self.language = theme.language
        self._keys = app.keys
        # After the site's own templates those of the theme, for its words and colours.
        self._templates = environment((TEMPLATES, *theme.folders), theme.language, autoescape=True)
        foreign = newsletter.entry_language != theme.language.tag
        self._templates.globals |= {
            "base": self.base,
            "name": clean(newsletter.name),
            "joinable": app.settings.signup.enabled,
            "entry_language": newsletter.entry_language if foreign else "",
        }

    def render(self, template: str, **context: Any) -> str:
        """The text of a template."""
        return self._templates.get_template(template).render(context)

    def page(
        self, template: str, status_code: int = 200, headers: Mapping[str, str] | None = None, **context: Any
    ) -> Response:
        """The answer that is made of a template."""
        return HTMLResponse(self.render(template, **context), status_code, headers)

    def title(self, title: str) -> str:
        """That of an entry, fit to be shown."""
        return clean(title) or str(self.language.texts.gettext("Untitled"))

    def link(self, purpose: str, person: Subscriber) -> str:
        """Where this person's own page for this purpose is."""
        token = tokens.make(self._keys[0], purpose, self.app.newsletter.id, person.id)
        return f"{self.base}/{purpose}/{token}"

    async def edition(self, name: str) -> Edition:
        """The published one of this name; else there is no such page."""
        found = parse_edition_name(self.app.newsletter.id, name)
        if found is None:
            raise HTTPException(404)
        try:
            return (await self.app.editions.get(*found)).edition
        except NotFound as error:
            raise HTTPException(404) from error

    async def reader(self, request: Request, purpose: str) -> Subscriber | None:
        """Whose link this is; None where it is not one of ours, or nobody's any more."""
        token = request.path_params["token"]
        number = tokens.read(self._keys, purpose, self.app.newsletter.id, token)
        if number is None:
            return None
        try:
            person = await self.app.subscribers.get(number)
        except NotFound:
            return None
        return None if person.status is SubscriberStatus.ERASED else person

    async def member(self, request: Request, purpose: str) -> Subscriber | Response:
        """The same, but whoever has left; for them and for nobody there is an answer."""
        person = await self.reader(request, purpose)
        return self.unsubscribing(person) if person is None or person.status in _GONE else person

    def unsubscribing(self, person: Subscriber | None) -> Response:
        """To everybody whose link is not ours the same, so that nothing can be learnt by trying."""
        if person is None:
            return self.page("unknown.html", 404, PRIVATE)
        return self.page(
            "unsubscribe.html",
            200,
            PRIVATE,
            address=masked(person.email),
            gone=person.status in _GONE,
            preferences=self.link(tokens.PREFERENCES, person),
        )


def is_number(text: str) -> bool:
    """As digits: a number that no database can hold is just one that there is not."""
    return text.isascii() and text.isdecimal() and len(text) < 10


def masked(email: str) -> str:
    """Enough for its owner to know it: "a…@example.org"."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"
