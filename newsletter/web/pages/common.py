"""What the pages have in common: templates in the newsletter's language, whose link it is, which edition."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from newsletter.bootstrap import App
from newsletter.core import tokens
from newsletter.core.model import Edition, Subscriber, SubscriberStatus
from newsletter.core.series import parse_edition_name
from newsletter.errors import ConfigError, NotFound
from newsletter.ports import PublishedEdition
from newsletter.render.language import Language
from newsletter.render.text import clean
from newsletter.render.theme import environment
from newsletter.web.kept import Shelf

__all__ = ["PRIVATE", "TEMPLATES", "TRAP", "Common", "is_number", "masked"]

_GONE = {SubscriberStatus.UNSUBSCRIBED, SubscriberStatus.COMPLAINED}
"""Those who are told that they have left, and nothing else."""
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
"""For pages whose address says who is reading."""
_MOST_LANGUAGES = 16
"""Kept ready."""
_MOST_ANSWERS = 200
"""Kept ready, of those that are the same for everybody: a hundred kilobytes each, at most."""
TRAP = "message"
"""A field of the sign-up form that people do not see. Browsers do not fill in one of this name."""
TEMPLATES = Path(__file__).parents[1] / "templates" / "site"


class Common:
    """The newsletter as its pages know it."""

    def __init__(self, app: App) -> None:
        """Raises ConfigError where there is no secret, no theme or no such language."""
        self.app = app
        self.base = urlsplit(app.newsletter.base_url).path
        self.language = app.theme.language
        """The newsletter's own."""
        self.started = app.clock.now()
        """No page is older: another version of the program, or another theme, may have made it."""
        self.shelf = Shelf(_MOST_ANSWERS)
        self._keys = app.keys
        self._own = self._templates(self.language)
        self._in = lru_cache(_MOST_LANGUAGES)(self._templates_in)

    def render(self, template: str, language: str = "", **context: Any) -> str:
        """The text of a template, in this language as far as there is such."""
        templates = self._in(language) if language else self._own
        return templates.get_template(template).render(context)

    def page(
        self,
        template: str,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        *,
        language: str = "",
        **context: Any,
    ) -> Response:
        """The answer that is made of a template, in the newsletter's language unless the reader has chosen
        another."""
        return HTMLResponse(self.render(template, language, **context), status_code, headers)

    def title(self, title: str) -> str:
        """That of an entry, fit to be shown; empty where it has none."""
        return clean(title)

    def link(self, purpose: str, person: Subscriber) -> str:
        """Where this person's own page for this purpose is."""
        token = tokens.make(self._keys[0], purpose, self.app.newsletter.id, person.id)
        return f"{self.base}/{purpose}/{token}"

    def numbered(self, number: int) -> str:
        """What an edition is called that has no subject."""
        language = self.language
        return str(language.texts.gettext("No. %(number)s")) % {"number": language.number(number)}

    async def newest(self, series: str) -> int:
        """The number of the newest edition; 0 before the first."""
        return await self.app.editions.newest_number(series)

    async def edition(self, name: str) -> Edition:
        """The published one of this name; else there is no such page."""
        found = parse_edition_name(self.app.newsletter.id, name)
        if found is None:
            raise HTTPException(404)
        return (await self.published(*found)).edition

    async def published(self, series: str, number: int) -> PublishedEdition:
        """The one with this number, with what was made of it."""
        try:
            return await self.app.editions.get(series, number)
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
            headers=PRIVATE,
            language=person.language,
            address=masked(person.email),
            gone=person.status in _GONE,
            preferences=self.link(tokens.PREFERENCES, person),
        )

    def _templates_in(self, tag: str) -> Environment:
        """The newsletter's own where there are no texts in this language."""
        try:
            return self._templates(Language.load(tag, self.app.theme.folders))
        except ConfigError:
            return self._own

    def _templates(self, language: Language) -> Environment:
        """The site's own, and after them those of the theme, for its words and colours."""
        newsletter = self.app.newsletter
        made = environment((TEMPLATES, *self.app.theme.folders), language, autoescape=True)
        foreign = newsletter.entry_language != language.tag
        made.globals |= {
            "base": self.base,
            "home": newsletter.base_url,
            "name": clean(newsletter.name),
            "joinable": self.app.settings.signup.enabled,
            "entry_language": newsletter.entry_language if foreign else "",
        }
        return made


def is_number(text: str) -> bool:
    """As digits: a number that no database can hold is just one that there is not."""
    return text.isascii() and text.isdecimal() and len(text) < 10


def masked(email: str) -> str:
    """Enough for its owner to know it: "a…@example.org"."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"
