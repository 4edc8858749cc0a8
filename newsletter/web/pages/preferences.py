"""Preferences: when a reader gets it and in which language, what they see first, never, and more of."""

from collections import Counter
from dataclasses import replace
from datetime import date
from functools import lru_cache
from itertools import chain

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from newsletter.core import tokens
from newsletter.core.model import Subscriber
from newsletter.core.slots import local_time
from newsletter.core.wishes import LONGEST_WISH, MOST_WISHES
from newsletter.render.language import Language, languages_in
from newsletter.web.pages.common import PRIVATE, Common, masked
from newsletter.web.pages.form import WishForm, read_fields
from newsletter.web.pages.rhythm import PAUSES, Choices, RhythmForm, zones_by_region

__all__ = ["PreferencesPages"]

_RECENT = 10
"""Editions whose topics are offered."""
_MOST_OFFERED = 24
_MONDAY = date(2024, 1, 1)
"""Any: weekdays are called by their names."""


class PreferencesPages:
    """The form, and what becomes of it."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._app = common.app
        self._weekdays = common.app.schedule.weekdays
        folders = common.app.theme.folders
        spoken = [Language.load(tag, folders) for tag in languages_in(folders)]
        self._languages = {one.tag: one.name for one in spoken if one.tag != common.language.tag}
        """What they call themselves; without the newsletter's own."""
        self._topics: tuple[int, list[str]] = (0, [])
        """Those to choose from, once an edition of that number was the newest."""
        self._zones = lru_cache(len(spoken) + 1)(self._zone_options)

    async def show(self, request: Request) -> Response:
        """The form as things are."""
        person = await self._common.member(request, tokens.PREFERENCES)
        return person if isinstance(person, Response) else await self._page(person)

    async def save(self, request: Request) -> Response:
        """Keeps all of the form, or none of it where something is amiss. It counts from the next edition."""
        person = await self._common.member(request, tokens.PREFERENCES)
        if isinstance(person, Response):
            return person
        fields = await read_fields(request)
        if "resume" in fields:
            return await self._resume(person)
        choices = self._choices(person)
        form, known = WishForm.sent(fields), self._known(person, choices)
        rhythm = RhythmForm.sent(fields, known, choices)
        if form.problems or (rhythm and rhythm.problems(choices)):
            return await self._page(person, form, rhythm, 422)
        await self._keep(person, form, rhythm, choices)
        return await self._page(await self._app.subscribers.get(person.id), saved=True)

    async def _resume(self, person: Subscriber) -> Response:
        """By the button beside the notice, which leaves the rest as it is."""
        rhythm = replace(person.rhythm, paused_until=None)
        await self._app.subscribers.settle(person.id, rhythm, person.language, self._app.clock.now())
        return await self._page(replace(person, rhythm=rhythm), saved=True)

    async def _keep(
        self, person: Subscriber, form: WishForm, rhythm: RhythmForm | None, choices: Choices
    ) -> None:
        subscribers, now = self._app.subscribers, self._app.clock.now()
        wanted = rhythm.rhythm(choices, self._today) if rhythm else person.rhythm
        language = rhythm.language if rhythm else person.language
        await subscribers.settle(person.id, wanted, language, now, form.wishes)
        for like in person.wishes.asked_for:
            if like.entry in form.forget:
                await subscribers.unlike(person.id, like.entry, now)

    async def _page(
        self,
        person: Subscriber,
        form: WishForm | None = None,
        rhythm: RhythmForm | None = None,
        status: int = 200,
        *,
        saved: bool = False,
    ) -> Response:
        choices, today = self._choices(person), self._today
        form = form or WishForm.of(person.wishes, await self._offered())
        when = rhythm or self._known(person, choices)
        asked_for = person.wishes.asked_for
        return self._common.page(
            "preferences.html",
            status,
            PRIVATE,
            language=person.language,
            form=form,
            when=when,
            known=person.rhythm.on(today),
            choices=choices,
            problems=(*when.problems(choices), *form.problems),
            weekdays={str(day): _MONDAY.replace(day=1 + day) for day in choices.weekdays},
            languages=self._languages,
            newsletter_language=self._common.language.name,
            zones=self._zones(person.language if person.language in self._languages else ""),
            newsletter_zone=str(self._app.schedule.zone),
            pauses={name: today + span for name, span in PAUSES.items()},
            likes=[(like.entry, self._common.title(like.title)) for like in reversed(asked_for)],
            saved=saved,
            address=masked(person.email),
            unsubscribe=self._common.link(tokens.UNSUBSCRIBE, person),
            most=MOST_WISHES,
            longest=LONGEST_WISH,
        )

    @property
    def _today(self) -> date:
        """As the newsletter counts days."""
        return local_time(self._app.clock.now(), self._app.schedule.zone).date()

    def _choices(self, person: Subscriber) -> Choices:
        return Choices.of(person, self._weekdays, self._languages)

    def _known(self, person: Subscriber, choices: Choices) -> RhythmForm:
        """With a language that is not there any more the newsletter's own stands in the form."""
        language = person.language if person.language in choices.languages else ""
        return RhythmForm.of(person.rhythm.on(self._today), language, choices)

    async def _offered(self) -> list[str]:
        """The topics that come up most."""
        newest = await self._common.newest(self._app.newsletter.id)
        if self._topics[0] != newest:
            recent = await self._app.editions.topics(self._app.newsletter.id, _RECENT)
            counted = Counter(chain.from_iterable(recent)).most_common(_MOST_OFFERED)
            self._topics = (newest, [topic for topic, _ in counted])
        return self._topics[1]

    def _zone_options(self, language: str) -> Markup:
        """Made once: there are hundreds."""
        return Markup(self._common.render("zones.html", language, zones=zones_by_region()))  # noqa: S704
