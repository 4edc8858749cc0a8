"""The twenty points, on the shipped email and on emails with one fault each."""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from newsletter.core.model import Edition, Newsletter, RankedEntry
from newsletter.core.reader import Arrangement
from newsletter.render.check import Finding, SpamVerdict, Specimen, Told, check
from newsletter.render.compiled import Shape
from newsletter.render.copy import Copy
from newsletter.render.digest import render_edition
from newsletter.render.findings import Status
from newsletter.render.fitting import CLIP_LIMIT, Fitting
from newsletter.render.mime import MessageHeaders, build_message
from newsletter.render.personalise import Links, Personaliser, Reader
from newsletter.render.theme import Theme
from newsletter.render.view import view_edition

NONCE = "0123456789abcdef"
SITE = "https://papers.example.org"
HOSTILE = [
    "<script>alert(1)</script>",
    "x < 5 && y > 3",
    "{{7*7}} {% raw %} ${7*7}",
    "Text in {{curly {# braces",
    "\"quotes\" 'and' `more`",
    "a -- b --> c <!-- d",
    "nul\x00 bell\x07 next\x85line",
    "\u202eright to left\u202c שלום",
    "emoji 🧪 and lone \ud800 surrogate",
    "</title></mj-text></mjml>",
    "__0123456789_EMAIL__ }} %} #}",
    "A title of " + "very " * 40 + "many words and of one " + "long" * 40,
]

Change = Callable[[Specimen], Specimen]


def written(copy: Copy, subject: str, name: str = "Ada", **fields: Any) -> bytes:
    """The message of a copy."""
    known: dict[str, Any] = {
        "from_": "The Morning Papers <papers@example.org>",
        "to": f"{name.lower()}@example.org",
        "to_name": name,
        "subject": subject,
        "date": datetime(2026, 11, 20, 6, tzinfo=UTC),
        "message_id": f"<42.{name}@papers.example.org>",
        "list_id": "papers.example.org",
        "list_unsubscribe": f"{SITE}/unsubscribe/{name}s-t0k3n",
        "list_help": SITE,
    }
    return build_message(copy, MessageHeaders(**{**known, **fields}))


@pytest.fixture(scope="session")
def specimen_of(
    render_newsletter: Newsletter, render_theme: Theme, render_arranged: Callable[..., Arrangement]
) -> Callable[[Edition], Specimen]:
    """Ada's and Bo's copies of an edition as a specimen."""

    def make(edition: Edition) -> Specimen:
        rendered = render_edition(edition, render_newsletter, render_theme, nonce=NONCE)
        view = view_edition(edition, render_newsletter, render_theme.language)
        personaliser = Personaliser(rendered, Shape.of(edition))

        def copied(name: str) -> Copy:
            reader = Reader(
                email=f"{name.lower()}@example.org",
                name=name,
                links=Links(
                    unsubscribe=f"{SITE}/unsubscribe/{name}s-t0k3n",
                    preferences=f"{SITE}/preferences/{name}s-pr3f",
                    more=f"{SITE}/more/{name}s-m0r3/42",
                ),
                subject=edition.subject,
                preheader=edition.preheader,
                arrangement=render_arranged(edition),
            )
            return personaliser.copy(reader)

        ada, bo = copied("Ada"), copied("Bo")
        entries = [entry for section in view.sections for entry in section.entries]
        return Specimen(
            mjml=rendered.mjml,
            mistake=None,
            laid_out=rendered.laid_out,
            rendered=rendered.html,
            nonce=NONCE,
            fitting=Fitting((), 60_000, 66_000),
            html=ada.html,
            text=ada.text,
            message=written(ada, edition.subject),
            again=written(ada, edition.subject),
            subject=edition.subject,
            entries=(
                *(Told(entry.title, tuple(link.href for link in entry.links)) for entry in entries),
                *(Told(entry.title, (entry.href,) if entry.href else ()) for entry in view.also),
            ),
            outside=(
                edition.preheader,
                *(text for entry in entries for text in (entry.line, *entry.authors, entry.topic)),
            ),
            more=edition.more,
            archive=view.archive,
            unsubscribe=f"{SITE}/unsubscribe/Adas-t0k3n",
            private=("ada@example.org", "Ada", "Adas-t0k3n", "Adas-m0r3"),
            other=written(bo, edition.subject, "Bo"),
            other_private=("bo@example.org", "Bo", "Bos-t0k3n", "Bos-m0r3"),
            one_click=True,
            dkim=True,
            spam=SpamVerdict(-1.0, (("DKIM_VALID", -0.1),)),
        )

    return make


@pytest.fixture(scope="session")
def shipped(specimen_of: Callable[[Edition], Specimen], render_plain_edition: Edition) -> Specimen:
    """The shipped theme's email."""
    return specimen_of(render_plain_edition)


def unsound(specimen: Specimen) -> dict[int, Finding]:
    """The findings that do not pass, by their points."""
    return {found.point: found for found in check(specimen) if found.status is not Status.PASS}


class TestSoundEmails:
    def test_shipped(self, shipped: Specimen) -> None:
        """The email of the shipped theme satisfies every point, and each says so with a sentence."""
        findings = check(shipped)
        assert [(found.point, found.status, found.mend) for found in findings] == [
            (number, Status.PASS, "") for number in range(1, 21)
        ]
        assert all(found.detail.endswith(".") for found in findings)
        assert len({found.name for found in findings}) == 20

    def test_hostile(
        self,
        specimen_of: Callable[[Edition], Specimen],
        render_edition_of: Callable[..., Edition],
        render_entry: Callable[..., RankedEntry],
    ) -> None:
        """Whatever titles say, a sound theme's email stays sound."""
        entries = [render_entry(rank, title=title, line=title) for rank, title in enumerate(HOSTILE, 1)]
        edition = render_edition_of({HOSTILE[2]: entries}, subject=HOSTILE[0], preheader=HOSTILE[1])
        assert unsound(specimen_of(edition)) == {}

    def test_steps_are_told(self, shipped: Specimen) -> None:
        """What was done to make an edition fit is said where its size is."""
        fitting = Fitting(("summaries of at most 160 characters", "10 entries"), 92_000, 92_100)
        (finding,) = (found for found in check(replace(shipped, fitting=fitting)) if found.point == 7)
        assert finding.status is Status.PASS
        assert "To make it fit: summaries of at most 160 characters; 10 entries." in finding.detail
        assert "26 entries are left to the web" in finding.detail

    def test_speed(
        self,
        specimen_of: Callable[[Edition], Specimen],
        render_edition_of: Callable[..., Edition],
        render_entry: Callable[..., RankedEntry],
    ) -> None:
        """An email of the largest size is judged at once."""
        draw = random.Random(7)

        def words(count: int) -> str:
            return " ".join("".join(draw.choices("abcdefghij", k=6)) for _ in range(count))

        entries = [render_entry(rank, title=words(12), line=words(40)) for rank in range(1, 61)]
        specimen = specimen_of(render_edition_of({"A": entries[:30], "B": entries[30:]}, subject="All of it"))
        assert len(specimen.html) > 80_000
        begin = time.process_time()
        assert unsound(specimen).keys() <= {7}
        assert time.process_time() - begin < 3


def themed(old: str, new: str) -> Change:
    """The theme writes `new` where the shipped one writes `old`."""

    def change(specimen: Specimen) -> Specimen:
        assert old in specimen.html
        assert old in specimen.rendered
        rendered = specimen.rendered.replace(old, new, 1)
        return rewritten(replace(specimen, rendered=rendered), html=specimen.html.replace(old, new, 1))

    return change


def filled(old: str, new: str) -> Change:
    """The same in this reader's HTML alone."""

    def change(specimen: Specimen) -> Specimen:
        assert old in specimen.html
        return rewritten(specimen, html=specimen.html.replace(old, new, 1))

    return change


def worded(old: str, new: str) -> Change:
    """The same in the plain text."""

    def change(specimen: Specimen) -> Specimen:
        assert old in specimen.text
        return rewritten(specimen, text=specimen.text.replace(old, new))

    return change


def rewritten(specimen: Specimen, **parts: str) -> Specimen:
    """With other parts, and the message that they make."""
    copy = Copy.of(**{"html": specimen.html, "text": specimen.text, **parts})
    message = written(copy, specimen.subject)
    return replace(specimen, html=copy.html, text=copy.text, message=message, again=message)


def sent(old: bytes, new: bytes) -> Change:
    """The message has `new` where it should have `old`."""

    def change(specimen: Specimen) -> Specimen:
        assert old in specimen.message
        message = specimen.message.replace(old, new, 1)
        return replace(specimen, message=message, again=message)

    return change


def known(**fields: Any) -> Change:
    """The specimen says something else."""
    return lambda specimen: replace(specimen, **fields)


def without_title(specimen: Specimen) -> Specimen:
    """An entry that no part has."""
    return replace(specimen, entries=(*specimen.entries, Told("Lost paper", (f"{SITE}/lost",))))


def without_letters(specimen: Specimen) -> Specimen:
    """An entry whose title has none, as its source has it."""
    entries = tuple(
        replace(told, title="?!") if told.title == "Title of paper 2" else told for told in specimen.entries
    )
    changed = filled(">Title of paper 2<", ">?!<")(replace(specimen, entries=entries))
    return worded("Title of paper 2", "?!")(changed)


BODY = '<div aria-label="'
LINE = "Line of paper 2."
INK = "color:#1B1A17"
DIM = "color: #ABA69B !important"
HEAD_END = "</head>"
FAIL, WARN = Status.FAIL, Status.WARN

FAULTS: list[tuple[int, Status, Change, str]] = [
    (1, FAIL, known(mistake="line 3: there is no mj-txt"), "line 3: there is no mj-txt"),
    (1, WARN, known(mjml='<mjml><mj-include path="x"/></mjml>'), "Jinja's include"),
    (2, FAIL, themed("<!DOCTYPE html>", "<!doctype html>"), "<mjml> in templates/<theme>/edition.mjml"),
    (2, FAIL, themed("<!DOCTYPE html>", "\n<!DOCTYPE html>"), "not with <!DOCTYPE html>"),
    (3, FAIL, themed("[data-ogsc] .meta,", ".none,"), "Of 23 '[data-ogsc]' before inlining 22 are left"),
    (4, FAIL, themed(HEAD_END, f'<link href="https://x.example/a.css"/>{HEAD_END}'), "x.example/a.css"),
    (4, FAIL, known(laid_out='<link rel="stylesheet" href="https://x.example/a.css">'), "x.example/a.css"),
    (4, FAIL, themed(HEAD_END, f"<style>@import 'https://x.example';</style>{HEAD_END}"), "@import"),
    (4, FAIL, themed(INK, f"{INK};border-image:url(https://x.example/a.png)"), "background-url"),
    (4, FAIL, themed(LINE, '<img src="http://x.example/a.png" alt="a" width="9">'), "an https address"),
    (4, FAIL, themed(LINE, '<img src="https://x.example/a.png" width="9">'), "alt is what most readers see"),
    (4, WARN, themed(LINE, '<img src="https://x.example/a.png" alt="a" width="9">'), "1 pictures load"),
    (4, FAIL, themed(LINE, "<form></form>"), "<form>"),
    (5, FAIL, worded("Unsubscribe:", f"__{NONCE}_NAME__:"), f"__{NONCE}_NAME__"),
    (5, FAIL, themed(INK, "color:#1B1A17;--x:{{ colour }}"), "{{ colour }}"),
    (5, FAIL, worded("Unsubscribe:", "{% if x %}:"), "edition.txt"),
    (6, FAIL, lambda s: known(outside=("<b>Ha</b>",))(themed(LINE, "<b>Ha</b>")(s)), "| safe"),
    (6, FAIL, filled(LINE, "<b>Ha</b>"), "1 <b> more than the edition"),
    (6, FAIL, themed(LINE, "bell\x07"), "U+0007"),
    (6, FAIL, worded(LINE, "\u202eturned"), "U+202E"),
    (6, FAIL, themed("<h1 ", '<h1 onclick="x()" '), "onclick"),
    (7, FAIL, known(fitting=Fitting((), 99_000, 102_401)), "102,401 bytes"),
    (7, WARN, known(fitting=Fitting(("10 entries",), 99_000, 102_400)), "10 entries"),
    (7, FAIL, themed(LINE, "a " * 52_000), "this copy"),
    (7, FAIL, known(more=27), "27 entries are left out"),
    (7, FAIL, filled(f"{SITE}/unsubscribe/Adas-t0k3n", SITE), "no link that ends the subscription"),
    (7, FAIL, worded(f"{SITE}/unsubscribe/Adas-t0k3n", SITE), "{{ reader.unsubscribe }}"),
    (8, FAIL, themed(HEAD_END, f"<style>{'a { margin: 0 } ' * 1_024}</style>{HEAD_END}"), "mj-style"),
    (8, FAIL, themed("@media (max-width: 500px) {", "@media screen { @media (x) {} "), "inside of another"),
    (9, FAIL, themed('<html lang="en"', '<html lang="und"'), "[newsletter] language"),
    (9, FAIL, themed('lang="en" dir="ltr" style=', 'lang="en" style='), "{{ edition.direction }}"),
    (
        9,
        FAIL,
        themed('role="presentation" align="center" style', 'align="center" style'),
        'role="presentation"',
    ),
    (9, FAIL, themed(LINE, "<h1>Again</h1>"), "There are 2 h1"),
    (9, FAIL, themed(LINE, '<h5 class="sum">Deep</h5>'), "An h5 follows an h3"),
    (9, FAIL, themed("<title>", "<title>x "), "mj-title"),
    (9, FAIL, themed(LINE, '<i id="x">a</i><i id="x">b</i>'), "Take ids out"),
    (9, FAIL, themed("width=device-width,", "width=device-width, user-scalable=no,"), "zooming"),
    (10, FAIL, themed(LINE, '<a href="/archive">The archive</a>'), "no whole https address"),
    (10, FAIL, themed(LINE, f'<a href="{SITE}"> </a>'), "has no words"),
    (10, FAIL, themed(LINE, '<a href="http://x.example/">Somewhere</a>'), "base_url"),
    (10, WARN, themed(LINE, f'<a href="{SITE}">Click here</a>'), "words.jinja"),
    (10, WARN, without_letters, "The title “?!” has no letters."),
    (11, FAIL, themed(f'{INK}">{LINE}', f'color:#999999">{LINE}'), "style.css"),
    (11, FAIL, themed(DIM, "color: #555555 !important"), "the dark's @media"),
    (11, WARN, themed("overflow:hidden;color:#5E5A52", "overflow:hidden;color:#F5F5F0"), "like spam"),
    (12, FAIL, themed(LINE, '<i style="display:block;width:400px">x</i>'), "max-width:400px"),
    (12, FAIL, themed(LINE, '<i style="width:900px;max-width:640px">x</i>'), "640 px wide"),
    (12, FAIL, themed(LINE, f'<i style="white-space:nowrap">{"many words " * 5}</i>'), "nowrap"),
    (
        12,
        FAIL,
        themed('word-break:break-word;"><div', '"><div style="font-size:16px">' + "long" * 30 + "</div><div"),
        "overflow-wrap",
    ),
    (12, WARN, themed(LINE, '<i style="font-size:12px">x</i>'), "at least 13 px"),
    (13, FAIL, without_title, "“Lost paper”"),
    (13, FAIL, worded("https://github.com/example/2", "x"), "the link “https://github.com/example/2”"),
    (13, FAIL, worded("Title of paper 2", "x"), "The plain text lacks the title “Title of paper 2”"),
    (13, FAIL, themed(">Title of paper 2<", ">Another<"), "edition.mjml"),
    (14, WARN, known(spam=None), "apt-get install --no-install-recommends spamassassin"),
    (14, WARN, known(spam=SpamVerdict(1.1, (("A", 1.2), ("B", -0.1)))), "gives +1.1, for A +1.2"),
    (14, FAIL, known(spam=SpamVerdict(2.1, ())), "spamassassin -L -t"),
    (15, FAIL, sent(b"\r\nTo:", b"\nTo:"), "1 lines do not end with CRLF"),
    (15, FAIL, sent(b"\r\nTo:", b"\r\nX-Long: " + b"x" * 1_000 + b"\r\nTo:"), "above 998"),
    (15, FAIL, sent(b"\r\nTo:", b"\r\nX-W: =?utf-8?q?" + b"x" * 80 + b"?=\r\nTo:"), "encoded-word"),
    (15, FAIL, sent(b"\r\nTo:", "\r\nX-Raw: ü\r\nTo:".encode()), "above 127"),
    (16, FAIL, sent(b"Precedence: bulk\r\n", b""), "Precedence is there 0 times"),
    (16, FAIL, sent(b"\r\nTo:", b"\r\nTo: eve@example.net\r\nTo:"), "To is there 2 times"),
    (16, FAIL, sent(b"Date: Fri, 20", b"Date: Day, the"), "no date with a zone"),
    (16, FAIL, sent(b"\r\nSubject: ", b"\r\nSubject: Re: "), "Subject is"),
    (16, FAIL, sent(b"text/plain", b"text/x-plain"), "not text/plain and text/html"),
    (16, FAIL, sent(b'html; charset="utf-8"', b'html; charset="latin1"'), "not in UTF-8"),
    (16, FAIL, sent(b"\r\nYou get this", b"\r\nYou all get this"), "does not decode"),
    (17, FAIL, known(one_click=False), "secret_file"),
    (17, WARN, known(one_click=None), "unsubscribe with the mailbox's own button"),
    (17, FAIL, sent(b"From:", b"DKIM-Signature: v=1; h=from : list-unsubscribe; b=x\r\nFrom:"), "-Post."),
    (18, WARN, known(dkim=None), "your mail server must sign"),
    (18, FAIL, known(dkim=False), "[dkim]"),
    (19, FAIL, known(again=b"x"), "differs from line 1 (byte 0)"),
    (20, FAIL, worded("Unsubscribe:", "bo@example.org:"), "“bo@example.org”"),
    (20, FAIL, lambda s: replace(s, other=s.other.replace(b"Bo", b"Adas-t0k3n")), "“Adas-t0k3n”"),
]


@pytest.mark.parametrize(
    ("point", "status", "change", "says"), FAULTS, ids=[f"{fault[0]}-{fault[3][:30]}" for fault in FAULTS]
)
def test_one_fault(shipped: Specimen, point: int, status: Status, change: Change, says: str) -> None:
    """A fault is found by its own point and no other, with words that say what it is and how to mend it."""
    found = unsound(change(shipped))
    assert {number: finding.status for number, finding in found.items()} == {point: status}
    assert says in f"{found[point].detail} {found[point].mend}"
    assert found[point].mend


def test_a_reader_in_any_script(shipped: Specimen) -> None:
    """An address outside ASCII stands in To as it is, which is no fault."""
    message = shipped.message.replace(b"ada@example.org", "ада@example.org".encode(), 1)
    assert unsound(replace(shipped, message=message, again=message)) == {}


def test_without_https(shipped: Specimen) -> None:
    """A base_url of http keeps one-click from working, and both headers and links say so."""
    plain = shipped.unsubscribe.replace("https:", "http:")
    copy = Copy.of(*(part.replace(shipped.unsubscribe, plain) for part in (shipped.html, shipped.text)))
    message = written(copy, shipped.subject, list_unsubscribe=plain)
    changed = replace(
        shipped, html=copy.html, text=copy.text, message=message, again=message, unsubscribe=plain
    )
    found = unsound(changed)
    assert found.keys() == {10, 16, 17}
    assert all("[newsletter] base_url" in finding.mend for finding in found.values())


def test_entries_own_http(shipped: Specimen) -> None:
    """A paper may be at http: that is worth a look and no fault."""
    old, new = "https://github.com/example/2", "http://github.com/example/2"
    changed = worded(old, new)(themed(old, new)(shipped))
    entries = tuple(
        replace(told, links=tuple(link.replace(old, new) for link in told.links)) for told in shipped.entries
    )
    found = unsound(replace(changed, entries=entries))
    assert {number: finding.status for number, finding in found.items()} == {10: WARN}


def test_late_unsubscribe(shipped: Specimen) -> None:
    """A link that Gmail cuts off is said to be too late."""
    found = unsound(themed("You get this", "a " * (CLIP_LIMIT // 2) + "You get this")(shipped))
    assert found.keys() == {7}
    assert "where Gmail has stopped" in found[7].detail


def test_many_problems(shipped: Specimen) -> None:
    """Of many problems the first are named, the others counted."""
    entries = tuple(Told(f"Lost paper {number}", ()) for number in range(5))
    finding = unsound(replace(shipped, entries=entries))[13]
    assert finding.detail.endswith("And 7 more like this.")
