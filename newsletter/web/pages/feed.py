"""The newest editions as an Atom feed (RFC 4287), for feed readers and other programs."""

from datetime import datetime
from xml.etree import ElementTree

from starlette.requests import Request
from starlette.responses import Response

from newsletter.ports import PublishedEdition
from newsletter.render.text import clean
from newsletter.render.view import view_edition
from newsletter.web.kept import Kept
from newsletter.web.pages.common import Common

__all__ = ["FeedPages"]

_NEWEST = 20
_MAX_AGE = 900
"""Seconds."""
_ATOM = "http://www.w3.org/2005/Atom"
_MEDIA_TYPE = "application/atom+xml"


class FeedPages:
    """The feed. Its addresses are whole, and serve as ids: they stay as long as the pages do."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._newsletter = common.app.newsletter
        self._home = common.app.newsletter.base_url

    async def feed(self, request: Request) -> Response:
        """Made anew when there is another edition."""
        count = await self._common.app.editions.count(self._newsletter.id)
        return (await self._common.shelf.get(("feed", count), self._feed)).answer(request)

    async def _feed(self) -> Kept:
        editions = await self._common.app.editions.list(self._newsletter.id, _NEWEST)
        updated = max((one.created for one in editions), default=self._common.started)
        language = self._common.language.tag
        root = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": language})
        name = clean(self._newsletter.name) or self._newsletter.id
        _element(root, "id", text=f"{self._home}/feed.atom")
        _element(root, "title", text=name)
        _element(root, "updated", text=_time(updated))
        _element(_element(root, "author"), "name", text=name)
        _link(root, "self", f"{self._home}/feed.atom", _MEDIA_TYPE)
        _link(root, "alternate", f"{self._home}/archive", "text/html")
        _element(root, "icon", text=f"{self._home}/favicon.svg")
        for published in editions:
            self._entry(root, published)
        text = ElementTree.tostring(root, encoding="unicode")
        declared = f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'
        return Kept.of(declared, _MEDIA_TYPE, max(updated, self._common.started), _MAX_AGE)

    def _entry(self, root: ElementTree.Element, published: PublishedEdition) -> None:
        edition = published.edition
        view = view_edition(edition, self._newsletter, self._common.language)
        entry = _element(root, "entry")
        _element(entry, "id", text=view.archive)
        _element(entry, "title", text=clean(edition.subject) or self._common.numbered(edition.number))
        _element(entry, "published", text=_time(edition.slot))
        _element(entry, "updated", text=_time(published.created))
        _link(entry, "alternate", view.archive, "text/html")
        _element(entry, "summary", text=clean(edition.preheader))
        content = self._common.render("feed.html", edition=view)
        _element(entry, "content", {"type": "html"}, content)


def _element(
    parent: ElementTree.Element, name: str, attributes: dict[str, str] | None = None, text: str = ""
) -> ElementTree.Element:
    made = ElementTree.SubElement(parent, name, attributes or {})
    made.text = text
    return made


def _link(parent: ElementTree.Element, rel: str, href: str, media_type: str) -> None:
    _element(parent, "link", {"rel": rel, "href": href, "type": media_type})


def _time(moment: datetime) -> str:
    """RFC 3339, to the second."""
    return moment.isoformat(timespec="seconds")
