"""The public pages in a real browser: on a phone and a desk, in light and dark, by keyboard, without scripts,
and with texts in them that would do harm. All is looked at in one go: a test only reads what was seen."""

import json
import threading
from dataclasses import replace
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from support import hostile, judges
from support.judges import SCHEMES, PageView, Visit, Window
from support.serving import served
from support.site import NOW, PAYLOADS, link_of, papers, publish, subscribe

from newsletter.bootstrap import App
from newsletter.core import tokens
from newsletter.core.consent import Event
from newsletter.core.likeness import like_of
from newsletter.core.model import Entry
from newsletter.core.rhythm import Frequency, Rhythm
from newsletter.core.wishes import Wishes
from newsletter.services.approval import link_token

pytestmark = [pytest.mark.browser, judges.needs_browser, pytest.mark.timeout(400)]

WIDTHS = (320, 375, 1280)
LEAST_CONTRAST = 4.5


class Place(NamedTuple):
    """A page, by a name; `path` may have the names of readers' links in it."""

    name: str
    path: str
    status: int = 200


PLACES = [
    Place("archive", "/archive"),
    Place("edition", "/archive/2"),
    Place("preferences", "{preferences}"),
    Place("preferences of somebody who pauses", "{paused}"),
    Place("preferences in Arabic", "{arabic}"),
    Place("preferences in German", "{german}"),
    Place("subscribe", "/subscribe"),
    Place("confirm", "{asked}"),
    Place("confirmed", "{confirmed}"),
    Place("unsubscribe", "{unsubscribe}"),
    Place("goodbye", "{left}"),
    Place("more", "{more}/2/2"),
    Place("more, asked for", "{more}/2/1"),
    Place("approve", "{approve}"),
    Place("unknown", "/unsubscribe/x", 404),
    Place("problem", "/nowhere", 404),
    Place("dashboard", "/dashboard"),
]
WINDOWS = [Window(width, scheme) for width in WIDTHS for scheme in SCHEMES]


async def furnish(app: App) -> dict[str, str]:
    """Readers of every kind, and editions; the readers' links by name."""
    subjects = ("agents that use tools", "diffusion models for video", "robot manipulation", "speech audio")
    for day in range(3):
        made = [
            replace(paper, title=f"{subjects[n % 4].capitalize()}, part {n}")
            for n, paper in enumerate(papers(20, start=1 + 20 * day))
        ]
        edition = (await publish(app, made, days=day)).edition
    await app.memory.failed("labs", "https://labs.example/feed.xml: answered 503", NOW)
    people = {
        name: (await subscribe(app, f"{name}@example.org")).id
        for name in ("ada", "paused", "arabic", "german", "left", "bo")
    }
    for name in ("asked", "new"):
        await app.signup.signups.subscribe(f"{name}@example.org", "", NOW)
        people[name] = (await app.subscribers.find(f"{name}@example.org")).id
    like = like_of(edition, 1)
    second = like_of((await app.editions.get(app.newsletter.id, 2)).edition, 1)
    assert like
    assert second
    for found in (like, second):
        await app.subscribers.like(people["ada"], found, NOW)
    paused = Rhythm(frequency=Frequency.WEEKLY, hour=7, zone="Asia/Tokyo", paused_until=date(2026, 12, 24))
    wishes = Wishes(topics=("Agents",), keywords=("tool use",), authors=("Ada Lovelace",), muted=("birds",))
    await app.subscribers.settle(people["paused"], paused, "", NOW, wishes)
    await app.subscribers.settle(people["arabic"], paused, "ar", NOW, wishes)
    await app.subscribers.settle(people["german"], Rhythm(paused_until=date(2026, 12, 24)), "de", NOW)
    await app.subscribers.move(people["left"], Event.UNSUBSCRIBE, NOW, "link")
    links = {name: link_of(app, people[name], tokens.PREFERENCES) for name in ("paused", "arabic", "german")}
    return links | {
        "approve": await waiting(app),
        "preferences": link_of(app, people["ada"], tokens.PREFERENCES),
        "unsubscribe": link_of(app, people["ada"]),
        "more": link_of(app, people["ada"], tokens.MORE),
        "left": link_of(app, people["left"]),
        "asked": link_of(app, people["asked"], tokens.CONFIRM),
        "confirmed": link_of(app, people["ada"], tokens.CONFIRM),
        "newcomer": link_of(app, people["new"], tokens.CONFIRM),
        "visitor": link_of(app, people["bo"], tokens.PREFERENCES),
        "leaver": link_of(app, people["bo"]),
        "liker": link_of(app, people["bo"], tokens.MORE),
    }


async def waiting(app: App) -> str:
    """The page of an edition that waits for a word."""
    later = NOW + timedelta(days=4)
    await app.entries.add(papers(20, start=100), later)
    edition = await app.desk.propose(later, later)
    assert edition
    kept = await app.drafts.keep(edition, later, later)
    assert kept
    return f"/approve/{link_token(app.secret, kept)}"


def walk(links: dict[str, str]) -> Visit:
    """Through all forms, without a script."""
    return Visit(
        scripts=False,
        steps=[
            ["goto", links["visitor"]],
            ["check", "[name=frequency][value=weekly]"],
            ["select", "#hour", "7"],
            ["click", "summary:has-text('Pause')"],
            ["check", "[name=pause][value=week]"],
            ["click", "summary:has-text('Words and authors')"],
            ["fill", "#keywords", "tool use"],
            ["click", "button:has-text('Save')"],
            ["click", "button:has-text('Resume now')"],
            ["goto", f"{links['liker']}/3/2"],
            ["click", "button"],
            ["click", "button"],
            ["goto", links["leaver"]],
            ["click", "button"],
            ["goto", "/archive"],
            ["click", ".editions a"],
            ["click", "a[rel=prev]"],
            ["click", "a:has-text('Subscribe')"],
            ["fill", "[name=email]", "nobody"],
            ["click", "main button"],
            ["fill", "[name=email]", "somebody@example.org"],
            ["click", "main button"],
            ["goto", links["newcomer"]],
            ["click", "main button"],
        ],
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was seen of each place, by its name, and on the walk."""

    def see() -> dict[str, Any]:
        with served(tmp_path_factory.mktemp("site"), NOW, furnish) as (address, links):
            views = [PageView(place.path.format(**links), WINDOWS) for place in PLACES]
            seen = judges.at_pages(address, views, [walk(links)])
        names = [place.name for place in PLACES]
        return {"views": dict(zip(names, seen["views"], strict=True)), "walk": seen["visits"][0]}

    return dict(judges.once(tmp_path_factory, "pages", see))


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
@pytest.mark.parametrize("window", WINDOWS, ids=lambda window: f"{window.width} {window.scheme}")
def test_it_can_be_read_and_used(found: dict[str, Any], place: Place, window: Window) -> None:
    """Nothing that axe finds, no scrolling to the side, every text clear and large enough, every link large
    enough for a finger."""
    sight = found["views"][place.name]["windows"][WINDOWS.index(window)]
    report(
        {
            "axe": sight["violations"],
            "axe cannot tell the contrast": sight["undecided"],
            "scrolls sideways": sight["sideways"],
            "beyond the window": sight["beyond"],
            "contrast": [text for text in sight["contrasts"] if text["contrast"] < LEAST_CONTRAST],
            "small links": sight["targets"],
            "small text": sight["small"],
        }
    )


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_it_keeps_to_itself_and_to_the_keyboard(found: dict[str, Any], place: Place) -> None:
    """All that can be worked is reached by the keyboard, and seen to be; no other host is asked, no cookie is
    set, and the console says nothing but that an answer is a 404."""
    view = found["views"][place.name]
    keyboard = view["keyboard"]
    report(
        {
            "status": view["status"] != place.status,
            "nothing for the keyboard": keyboard["places"] == 0,
            "not reached by the keyboard": keyboard["places"] - keyboard["reached"],
            "focus not seen": keyboard["unseen"],
            "console": [line for line in view["console"] if place.status == 200 or "404" not in line],
            "strangers": view["strangers"],
            "cookies": view["cookies"],
        }
    )


def report(faults: dict[str, object]) -> None:
    """Fail where there are any."""
    amiss = [f"{name}: {json.dumps(fault, ensure_ascii=False)}" for name, fault in faults.items() if fault]
    if amiss:
        pytest.fail("\n".join(amiss), pytrace=False)


def test_every_form_works_without_scripts(found: dict[str, Any]) -> None:
    """A rhythm, a pause and its end, more of a paper and not, leaving, the archive, and signing up."""
    seen = [step["text"] for step in found["walk"]["seen"]]
    assert "On which days".upper() in seen[0].upper()
    assert "On which days".upper() not in seen[1].upper(), "whoever gets it once a week has no days to choose"
    assert "Saved." in seen[7]
    assert "Paused until Friday, November 27, 2026" in seen[7]
    assert "You get the best of the week" in seen[7]
    assert "Saved." in seen[8]
    assert "Paused until" not in seen[8]
    assert "There will be more" in seen[10]
    assert "More like this?" in seen[11]
    assert "You are unsubscribed" in seen[13]
    assert "No. 3" in seen[15]
    assert "No. 2" in seen[16]
    assert "“nobody” is no email address" in seen[19]
    assert "Look into your mailbox" in seen[21]
    assert "You are subscribed" in seen[23]
    assert (found["walk"]["strangers"], found["walk"]["cookies"]) == ([], [])


# Hostile texts

CORPUS = [
    *PAYLOADS,
    *hostile.TEXTS[:32],
    "</textarea><script>alert(1)</script>",
    "</option></select><img src=x onerror=alert(1)>",
    "</style></title><svg onload=alert(1)>",
    "javascript:alert(1)",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<form action=https://evil.example><input name=x autofocus onfocus=alert(1)>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
]
HOSTILE_NAME = """</title><script>alert(1)</script>"><img src=x onerror=alert(1)>' onload='alert(1)"""
NAMES = {
    "a", "bdi", "body", "br", "button", "details", "div", "fieldset", "footer", "form", "h1", "h2", "h3",
    "head", "header", "html", "input", "label", "legend", "li", "link", "main", "meta", "nav", "optgroup",
    "option", "p", "section", "select", "span", "strong", "summary", "textarea", "time", "title", "ul",
}  # fmt: skip
"""The elements that our pages have."""


async def furnish_hostile(app: App) -> dict[str, str]:
    """Texts that would do harm in every field of papers and people, as far as the store takes them."""
    entries = [
        Entry(
            id=f"p{n}",
            title=text,
            summary=f"{text} is what this says.",
            authors=(text,),
            organization=text,
            url=hostile.ADDRESSES[n % len(hostile.ADDRESSES)].encode(errors="ignore").decode(),
            upvotes=len(CORPUS) - n,
        )
        for n, text in enumerate(CORPUS)
    ]
    for day in range(2):
        await publish(app, [replace(entry, id=f"{entry.id}-{day}") for entry in entries], days=day)
    person = await subscribe(app, "ada@example.org")
    edition = (await app.editions.get(app.newsletter.id, 2)).edition
    for rank in (1, 2, 3):
        if like := like_of(edition, rank):
            await app.subscribers.like(person.id, like, NOW)
    lists = tuple(CORPUS[:40])
    wishes = Wishes(topics=lists, keywords=lists, authors=lists, muted=lists)
    rhythm = Rhythm(zone='"><img src=x onerror=alert(1)>')
    await app.subscribers.settle(person.id, rhythm, "<script>alert(1)</script>", NOW, wishes)
    return {
        "preferences": link_of(app, person.id, tokens.PREFERENCES),
        "unsubscribe": link_of(app, person.id),
        "more": f"{link_of(app, person.id, tokens.MORE)}/2/1",
    }


def attacks(links: dict[str, str]) -> list[Visit]:
    """Every page with what is in the store; hostile queries, tokens and fields of forms."""
    typed = "\n".join(CORPUS)
    paths = ["/archive", "/archive/1", "/archive/2", *links.values()]
    queries = [f"{path}?before=2&q={quote(text)}#{quote(text)}" for path in paths for text in CORPUS[-6:]]
    tokens_ = [
        f"/{name}/{quote(text)}"
        for name in ("unsubscribe", "preferences", "confirm", "x")
        for text in CORPUS[:6]
    ]
    form = [
        ["goto", links["preferences"]],
        ["click", "summary:has-text('Words and authors')"],
        *(["fill", f"#{field}", typed] for field in ("keywords", "authors", "muted")),
        ["click", "button:has-text('Save')"],
        ["goto", links["preferences"]],
    ]
    joining = [
        step
        for text in CORPUS[-8:]
        for step in (
            ["goto", f"/subscribe?email={quote(text)}"],
            ["fill", "[name=email]", text],
            ["fill", "[name=name]", text],
            ["click", "main button"],
        )
    ]
    return [Visit([["goto", path] for path in (*paths, *queries, *tokens_)]), Visit(form), Visit(joining)]


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What every step of the attacks led to."""

    def see() -> list[dict[str, Any]]:
        folder = tmp_path_factory.mktemp("hostile")
        with served(folder, NOW, furnish_hostile, HOSTILE_NAME) as (address, links):
            visits: list[dict[str, Any]] = judges.at_pages(address, [], attacks(links))["visits"]
        return visits

    return list(judges.once(tmp_path_factory, "attacks", see))


def test_hostile_texts_run_nothing(attacked: list[dict[str, Any]]) -> None:
    """No dialog, no word in the console but of a 404, a 400 or a 422, no other host; no element, attribute or
    link that is not ours."""
    for visit in attacked:
        assert visit["dialogs"] == []
        assert visit["strangers"] == []
        assert visit["cookies"] == []
        assert {
            line for line in visit["console"] if "the server responded with a status of 4" not in line
        } == set()
        for step in visit["seen"]:
            assert set(step["tags"]) <= NAMES
            assert step["handlers"] == []
            assert set(step["schemes"]) <= {"http:", "https:", "mailto:"}
    assert (
        "Nothing was saved yet" in attacked[1]["seen"][-2]["text"]
        or "Saved" in attacked[1]["seen"][-2]["text"]
    )
    assert "alert(1)" in attacked[0]["seen"][1]["text"]


FAULTY = b"""<!doctype html><html><head><title>t</title><style>a { outline: none !important }</style></head>
<body><a href="javascript:x">far</a><img src="http://127.0.0.1:9/x" onerror="alert(1)">
<p style="width: 2000px">wide</p>
<a href="/hidden" tabindex="-1">not reached</a></body></html>"""


class Faulty(BaseHTTPRequestHandler):
    """A page with every fault."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Set-Cookie", "a=b")
        self.end_headers()
        self.wfile.write(FAULTY)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_the_judge_sees_what_is_wrong() -> None:
    """On a page that runs a script, asks another host, sets a cookie, hides the focus and does not fit."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Faulty) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        seen = judges.at_pages(address, [PageView("/", [Window(320, "light")])], [Visit([["goto", "/"]])])
        server.shutdown()
        thread.join()
    view, visit = seen["views"][0], seen["visits"][0]
    assert view["windows"][0]["sideways"]
    assert {"html-has-lang", "image-alt"} <= {found["id"] for found in view["windows"][0]["violations"]}
    assert (view["keyboard"]["places"], view["keyboard"]["reached"]) == (2, 1)
    assert len(view["keyboard"]["unseen"]) == 1
    for heard in (view, visit):
        assert heard["dialogs"] == ["1"]
        assert "http://127.0.0.1:9/x" in heard["strangers"]
        assert heard["cookies"] == ["a"]
    step = visit["seen"][0]
    assert not set(step["tags"]) <= NAMES
    assert step["handlers"] == ["onerror=alert(1)"]
    assert "javascript:" in step["schemes"]
