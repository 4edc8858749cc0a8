"""The part of the preferences page that says when, how often and in which language, over a real database."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.forms import Form
from support.site import NOW, Page, browser_of, config_in, link_of, papers, publish, subscribe

from newsletter.bootstrap import App, open_app
from newsletter.core import tokens
from newsletter.core.model import Subscriber
from newsletter.core.rhythm import Frequency, Rhythm
from newsletter.core.wishes import Wishes
from newsletter.errors import NotFound
from newsletter.web.pages.rhythm import Choices, RhythmForm

SCHEDULE = """
[schedule]
time = "07:30"
timezone = "Europe/Berlin"
days = ["mon", "wed", "fri"]
"""
CHOSEN = Rhythm(
    frequency=Frequency.WEEKLY,
    weekdays=(0, 4),
    hour=7,
    zone="America/New_York",
    paused_until=date(2026, 12, 24),
)


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    config = config_in(tmp_path)
    config.write_text(config.read_text() + SCHEDULE)
    async with open_app(config, NOW) as opened:
        yield opened


@pytest.fixture
async def ada(app: App) -> Subscriber:
    return await subscribe(app)


@pytest.fixture
def link(app: App, ada: Subscriber) -> str:
    return link_of(app, ada.id, tokens.PREFERENCES)


async def form_of(browser: httpx.AsyncClient, link: str) -> Form:
    return Form((await browser.get(link)).text)


async def test_nothing_chosen_is_each_edition_at_once(browser: httpx.AsyncClient, link: str) -> None:
    """All days on which the newsletter comes are ticked, and no others are offered."""
    form = await form_of(browser, link)
    assert form.chosen["frequency"] == ["daily"]
    assert form.chosen["weekday"] == ["0", "2", "4"]
    assert form.chosen["pause"] == ["no"]
    assert form.selected == {"hour": "", "zone": "", "language": ""}
    days = [attributes["value"] for _, attributes in form.elements if attributes.get("name") == "weekday"]
    assert days == ["0", "2", "4"]
    for words in ("Monday", "Wednesday", "Friday", "Europe/Berlin (the newsletter’s)", "Deutsch", "中文"):
        assert words in form.text
    assert "Tuesday" not in form.text


async def test_the_zones_are_those_of_the_world(browser: httpx.AsyncClient, link: str) -> None:
    """By region; the newsletter's own first, UTC next, and each is one that there is."""
    form = await form_of(browser, link)
    zones = form.options["zone"]
    assert zones[:2] == ["", "UTC"]
    assert {"Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kolkata", "Pacific/Apia"} <= set(zones)
    assert all(ZoneInfo(zone) for zone in zones[1:])
    groups = [attributes["label"] for tag, attributes in form.elements if tag == "optgroup"]
    assert len(groups) == 9


async def test_what_is_chosen_is_kept_and_shown(
    app: App, browser: httpx.AsyncClient, ada: Subscriber, link: str
) -> None:
    """All of it at once with the wishes, and the same where it is sent again as it stands."""
    sent = {
        **(await form_of(browser, link)).fields,
        "frequency": "weekly",
        "weekday": ["4", "0"],
        "hour": "7",
        "zone": "America/New_York",
        "language": "de",
        "pause": "date",
        "paused-until": "2026-12-24",
        "keywords": "tool use",
    }
    answer = await browser.post(link, data=sent)
    assert answer.status_code == 200
    person = await app.subscribers.get(ada.id)
    assert (person.rhythm, person.language) == (CHOSEN, "de")
    assert person.wishes == Wishes(keywords=("tool use",))
    assert "Gespeichert." in answer.text
    await browser.post(link, data=Form(answer.text).fields)
    assert await app.subscribers.get(ada.id) == person


async def test_all_days_are_no_choice(
    app: App, browser: httpx.AsyncClient, ada: Subscriber, link: str
) -> None:
    """Whoever ticks all of them gets it on a day, too, that the newsletter begins with later."""
    await app.subscribers.settle(ada.id, Rhythm(weekdays=(4,)), "", NOW)
    form = await form_of(browser, link)
    assert form.chosen["weekday"] == ["4"]
    await browser.post(link, data={**form.fields, "weekday": ["0", "2", "4"]})
    assert (await app.subscribers.get(ada.id)).rhythm == Rhythm()


async def test_a_form_without_these_fields_leaves_them(
    app: App, browser: httpx.AsyncClient, ada: Subscriber, link: str
) -> None:
    """It was there before they were: in a window that stayed open, or a program of somebody's own."""
    await app.subscribers.settle(ada.id, CHOSEN, "de", NOW)
    await browser.post(link, data={"keywords": "k", "authors": "", "muted": ""})
    person = await app.subscribers.get(ada.id)
    assert (person.rhythm, person.language) == (CHOSEN, "de")
    assert person.wishes == Wishes(keywords=("k",))


@pytest.mark.parametrize(
    ("choice", "until"),
    [
        ("no", None),
        ("week", date(2026, 11, 27)),
        ("fortnight", date(2026, 12, 4)),
        ("month", date(2026, 12, 20)),
    ],
)
async def test_a_pause_of_some_length(
    app: App, browser: httpx.AsyncClient, ada: Subscriber, link: str, choice: str, until: date | None
) -> None:
    """It begins today; the day on which it ends is said before, and after on top of the page. What stands in
    the field for another day does not matter."""
    form = await form_of(browser, link)
    answer = await browser.post(link, data={**form.fields, "pause": choice, "paused-until": "2027-07-07"})
    assert (await app.subscribers.get(ada.id)).rhythm == Rhythm(paused_until=until)
    if until:
        day = app.theme.language.date(until)
        assert f"get it again from {day}" in form.text
        assert f"Paused until {day}" in answer.text
    else:
        assert "Paused until" not in answer.text


async def test_a_pause_can_be_ended(app: App, browser: httpx.AsyncClient, ada: Subscriber, link: str) -> None:
    """By the button beside the notice, which changes nothing else; and by the form."""
    await app.subscribers.wish(ada.id, Wishes(keywords=("k",)), NOW)
    for sent in ({"resume": "now"}, {"pause": "no"}):
        await app.subscribers.settle(ada.id, CHOSEN, "", NOW)
        form = await form_of(browser, link)
        assert "Resume now" in form.text
        assert form.chosen["pause"] == ["date"]
        data = sent if "resume" in sent else {**form.fields, **sent}
        answer = await browser.post(link, data=data)
        assert "Paused until" not in answer.text
        person = await app.subscribers.get(ada.id)
        assert person.rhythm.paused_until is None
        assert person.rhythm.hour == CHOSEN.hour
        assert person.wishes == Wishes(keywords=("k",))


async def test_a_day_that_is_past_is_no_pause(
    app: App, browser: httpx.AsyncClient, ada: Subscriber, link: str
) -> None:
    """Today neither: it is the first day on which they want it again."""
    for day in ("2026-11-20", "2020-01-01"):
        fields = (await form_of(browser, link)).fields
        answer = await browser.post(link, data={**fields, "pause": "date", "paused-until": day})
        assert answer.status_code == 200
        assert (await app.subscribers.get(ada.id)).rhythm.paused_until is None
    await app.subscribers.settle(ada.id, Rhythm(paused_until=date(2026, 11, 20)), "", NOW)
    form = await form_of(browser, link)
    assert "Paused until" not in form.text
    assert form.chosen["pause"] == ["no"]


async def test_days_begin_where_the_newsletter_is(tmp_path: Path) -> None:
    """Late in the evening of UTC it is tomorrow already in Berlin."""
    config = config_in(tmp_path)
    config.write_text(config.read_text() + SCHEDULE)
    async with (
        open_app(config, datetime(2026, 11, 20, 23, 30, tzinfo=UTC)) as app,
        browser_of(app) as browser,
    ):
        person = await subscribe(app)
        link = link_of(app, person.id, tokens.PREFERENCES)
        fields = (await form_of(browser, link)).fields
        await browser.post(link, data={**fields, "pause": "week"})
        assert (await app.subscribers.get(person.id)).rhythm.paused_until == date(2026, 11, 28)


async def test_whoever_gets_it_once_a_week_is_told(
    app: App, browser: httpx.AsyncClient, ada: Subscriber, link: str
) -> None:
    """On top; and needs no day."""
    assert "You get the best of the week" not in (await browser.get(link)).text
    fields = (await form_of(browser, link)).fields
    answer = await browser.post(link, data={**fields, "frequency": "weekly", "weekday": []})
    assert answer.status_code == 200
    assert "You get the best of the week" in answer.text
    assert (await app.subscribers.get(ada.id)).rhythm == Rhythm(frequency=Frequency.WEEKLY)


MISTAKES = [
    ("frequency", {"frequency": "hourly"}),
    ("weekdays", {"weekday": []}),
    ("weekdays", {"weekday": ["0", "1"]}),
    ("weekdays", {"weekday": ["<script>"]}),
    ("hour", {"hour": "24"}),
    ("hour", {"hour": "-1"}),
    ("hour", {"hour": "٧"}),
    ("zone", {"zone": "Europe/Atlantis"}),
    ("zone", {"zone": "../../etc/passwd"}),
    ("language", {"language": "xx"}),
    ("language", {"language": "../de"}),
    ("pause", {"pause": "forever"}),
    ("paused-until", {"pause": "date", "paused-until": ""}),
    ("paused-until", {"pause": "date", "paused-until": "24.12.2026"}),
    ("paused-until", {"pause": "date", "paused-until": "20261224"}),
    ("paused-until", {"pause": "date", "paused-until": "2026-02-30"}),
    ("paused-until", {"pause": "date", "paused-until": "99999-01-01"}),
]


@pytest.mark.parametrize(("field", "wrong"), MISTAKES)
async def test_a_mistake_is_named_and_nothing_is_kept(
    app: App,
    browser: httpx.AsyncClient,
    ada: Subscriber,
    link: str,
    field: str,
    wrong: dict[str, str | list[str]],
) -> None:
    """The alert leads to the field, which is described by it; the wishes are not kept either."""
    fields = (await form_of(browser, link)).fields
    answer = await browser.post(link, data={**fields, "keywords": "new", **wrong})
    assert answer.status_code == 422
    page = Page(answer.text)
    assert [attributes for _, attributes in page.elements if attributes.get("role") == "alert"]
    assert [href for href in page.links if href.startswith("#")] == [f"#{field}"]
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert field in ids
    described = " ".join(attributes.get("aria-describedby") or "" for _, attributes in page.elements).split()
    assert f"{field}-wrong" in described
    assert set(described) <= set(ids)
    assert await app.subscribers.get(ada.id) == ada


async def test_what_stands_and_is_not_offered_any_more(
    app: App, browser: httpx.AsyncClient, ada: Subscriber, link: str
) -> None:
    """A zone by an old name stays; a language without texts gives way to the newsletter's own."""
    await app.subscribers.settle(ada.id, Rhythm(zone="EST", weekdays=(1, 4)), "fr", NOW)
    form = await form_of(browser, link)
    assert form.selected == {"hour": "", "zone": "EST", "language": ""}
    assert form.chosen["weekday"] == ["4"]
    assert (await browser.post(link, data=form.fields)).status_code == 200
    assert (await app.subscribers.get(ada.id)).rhythm == Rhythm(zone="EST", weekdays=(4,))


async def test_a_weekly_newsletter_offers_no_days(tmp_path: Path) -> None:
    """There is nothing to choose from, and nothing is lost by saving."""
    config = config_in(tmp_path)
    config.write_text(config.read_text() + '[schedule]\ndays = ["mon"]\n')
    async with open_app(config, NOW) as app, browser_of(app) as browser:
        person = await subscribe(app)
        link = link_of(app, person.id, tokens.PREFERENCES)
        form = await form_of(browser, link)
        assert not {"frequency", "weekday"} & set(form.fields)
        assert (await browser.post(link, data={**form.fields, "hour": "9"})).status_code == 200
        assert (await app.subscribers.get(person.id)).rhythm == Rhythm(hour=9)


async def test_pages_speak_the_language_of_their_reader(
    app: App, browser: httpx.AsyncClient, ada: Subscriber
) -> None:
    """All those behind a link of their own; what is for everybody stays in the newsletter's."""
    await publish(app, papers(20))
    await app.subscribers.settle(ada.id, Rhythm(), "ar", NOW)
    own = [link_of(app, ada.id, purpose) for purpose in (tokens.UNSUBSCRIBE, tokens.PREFERENCES)]
    own.append(f"{link_of(app, ada.id, tokens.MORE)}/1/1")
    for path in own:
        assert Page((await browser.get(path)).text).elements[0] == ("html", {"lang": "ar", "dir": "rtl"})
    assert Page((await browser.post(own[2])).text).elements[0] == ("html", {"lang": "ar", "dir": "rtl"})
    assert Page((await browser.post(own[0])).text).elements[0] == ("html", {"lang": "ar", "dir": "rtl"})
    for path in ("/archive", "/archive/1", "/unsubscribe/x", "/nowhere"):
        assert Page((await browser.get(path)).text).elements[0] == ("html", {"lang": "en", "dir": "ltr"})


@pytest.mark.parametrize("tag", ["fr", "tlh", "../de", "<b>", "x" * 5000])
async def test_a_language_that_nobody_speaks(
    app: App, browser: httpx.AsyncClient, ada: Subscriber, tag: str
) -> None:
    """Whatever came into the list: the page is in the newsletter's own."""
    await app.subscribers.settle(ada.id, Rhythm(), tag, NOW)
    page = Page((await browser.get(link_of(app, ada.id))).text)
    assert page.elements[0] == ("html", {"lang": "en", "dir": "ltr"})


async def test_nobody_can_be_settled_who_is_not_there(app: App) -> None:
    """As with wishes."""
    with pytest.raises(NotFound):
        await app.subscribers.settle(10**6, Rhythm(), "", NOW)


texts = st.one_of(
    st.text(max_size=12), st.sampled_from(["daily", "no", "date", "week", "0", "4", "2026-12-24"])
)


@given(
    fields=st.dictionaries(
        st.sampled_from(
            ["rhythm", "frequency", "weekday", "hour", "zone", "language", "pause", "paused-until"]
        ),
        st.lists(texts, min_size=1, max_size=4),
    )
)
def test_whatever_is_sent_is_a_rhythm_or_a_mistake(fields: dict[str, list[str]]) -> None:
    """Never an error; and what is kept can be shown and sent again."""
    choices = Choices(weekdays=(0, 2, 4), zones={"UTC", "Europe/Berlin"}, languages=["de"])
    known = RhythmForm.of(Rhythm(), "", choices)
    form = RhythmForm.sent({"rhythm": ["asked"], **fields}, known, choices)
    assert form
    if form.problems(choices):
        return
    today = date(2026, 11, 20)
    rhythm = form.rhythm(choices, today)
    again = RhythmForm.of(rhythm, form.language, choices)
    assert again.problems(choices) == ()
    assert again.rhythm(choices, today) == rhythm


@given(day=st.dates(), until=st.dates())
def test_a_pause_is_over_on_its_day(day: date, until: date) -> None:
    """From then on every day is theirs again, and there is no pause any more."""
    rhythm = Rhythm(paused_until=until, hour=5)
    assert rhythm.on(day).wants(day) == rhythm.wants(day) == (day >= until)
    assert rhythm.on(day).paused_until == (until if day < until else None)
    assert rhythm.on(day).hour == 5
