"""The work bench around a copy."""

import base64
import hashlib
import re
from html import unescape
from html.parser import HTMLParser

import pytest

from newsletter.render.copy import Copy
from newsletter.render.exhibit import Exhibit, edition_exhibit
from newsletter.render.findings import Finding, Status
from newsletter.render.fitting import CLIP_LIMIT, Fitting
from newsletter.render.mime import build_message
from newsletter.render.preview import preview_pages

FINDINGS = (
    Finding(1, "doctype first", Status.PASS, "<!DOCTYPE html>"),
    Finding(2, "signed", Status.WARN, "no [dkim]", "let the server sign"),
    Finding(3, "one h1", Status.FAIL, "2 of them", "keep one"),
    Finding(4, "https only", Status.PASS, "48 links"),
)


@pytest.fixture
def copy(render_plain_edition, render_copy):
    return render_copy(render_plain_edition)


@pytest.fixture
def message(copy, render_headers):
    return build_message(copy, render_headers())


@pytest.fixture
def pages_of(render_plain_edition, render_newsletter, copy, message, render_bench):
    """Makes the pages with what is known of the edition: `pages_of(findings=...)`."""

    def make(**known):
        exhibit = edition_exhibit(render_plain_edition, render_newsletter, copy, message, **known)
        return preview_pages(exhibit, render_bench)

    return make


@pytest.fixture
def index_of(pages_of):
    """The same, but the text of index.html alone."""
    return lambda **known: pages_of(**known)["index.html"].decode()


def panel(index, name):
    """What is behind a tab."""
    return re.search(rf'<section role="tabpanel" id="{name}".*?</section>', index, re.DOTALL)[0]


def rows(part):
    """The rows of a table's body, as the text of their cells."""
    return [
        [
            unescape(" ".join(re.sub(r"<[^>]+>", "", cell).split()))
            for cell in re.findall(r"<t[dh][ >].*?</t[dh]>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr>.*?</tr>", part.partition("<tbody")[2], re.DOTALL)
    ]


def tabs(index):
    """The ids of the tabs, in their order."""
    return re.findall(r'role="tab" id="tab-(\w+)"', index)


# The files


def test_files(pages_of, copy, message):
    """The copy and the message are written as they are."""
    pages = pages_of()
    assert list(pages) == ["index.html", "email.html", "email.txt", "email.eml"]
    assert pages["email.html"].decode() == copy.html
    assert pages["email.txt"].decode() == copy.text
    assert pages["email.eml"] == message


def test_index_is_self_contained(index_of):
    """It loads the email beside it, twice, and nothing else."""
    index = index_of(findings=FINDINGS)
    assert re.findall(r'src="([^"]*)"', index) == ["email.html", "email.html"]
    assert set(re.findall(r'href="([^"]*)"', index)) == {
        "data:,", "#checks", "email.html", "email.txt", "email.eml",
    }  # fmt: skip
    assert not re.search(r"https?://|@import|url\(", re.sub(r"<pre.*?</pre>", "", index, flags=re.DOTALL))


def test_index_allows_no_script_but_its_own(index_of):
    """Its policy has the hashes of the one style and the one script, and no attribute is a style."""
    index = index_of(findings=FINDINGS)
    policy = unescape(re.search(r'Content-Security-Policy" content="([^"]+)"', index)[1])
    for element in ("style", "script"):
        (content,) = re.findall(rf"<{element}>(.*?)</{element}>", index, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<[^>]+ (style|on\w+)=", index)


# The header


def test_header_says_what_arrives(index_of):
    """Which email it is, its subject, and the first text of it, which mailboxes show beside the subject."""
    index = index_of()
    assert ">The Morning Papers · No. 42</p>" in index
    assert "<h1>Title of paper 1, and Vision</h1>" in index
    assert '<p class="preheader">Title of paper 2 · Title of paper 3</p>' in index


def test_header_weighs_the_email(index_of, copy, message):
    """This copy and the largest, decoded and encoded, each as a part of the limit; a size above it is told
    by more than its colour."""
    index = index_of(fitting=Fitting(("fewer",), 102_000, 110_000))
    gauge = re.search(r'<table class="gauge">.*?</table>', index, re.DOTALL)[0]
    decoded = -(-100 * len(copy.html.encode()) // CLIP_LIMIT)
    assert [row[0] for row in rows(gauge)] == ["This copy", "The largest"]
    assert rows(gauge)[0][1] == f"{decoded}%"
    assert rows(gauge)[1][1:] == ["100%", "108%"]
    assert re.findall(r'<meter class="(\w+)"', gauge) == ["pass", "pass", "warn", "fail"]
    assert [row[4] for row in rows(panel(index, "size"))] == ["✓ pass", "✓ pass", "! warn", "✕ fail"]


def test_header_counts_the_findings(index_of):
    """The worst first; nothing where nobody has judged."""
    assert 'aria-label="Checks: 1 fail, 1 warn, 2 pass"' in index_of(findings=FINDINGS)
    assert 'aria-label="Checks: 2 pass"' in index_of(findings=(FINDINGS[0], FINDINGS[3]))
    assert 'aria-label="Checks' not in index_of()


# Above the email


def test_troubles_stand_above(index_of):
    """What does not pass, the worst first, each with what to do; no such part where all is well."""
    index = index_of(findings=FINDINGS)
    (troubles,) = re.findall(r'<section class="troubles".*?</section>', index, re.DOTALL)
    assert index.index(troubles) < index.index("<iframe")
    assert re.findall(r"<strong>(.*?)</strong>", troubles) == ["one h1", "signed"]
    assert re.findall(r'<p class="mend">(.*?)</p>', troubles) == ["keep one", "let the server sign"]
    assert 'class="troubles"' not in index_of(findings=(FINDINGS[0],))


# The tabs


def test_tabs(index_of):
    """Only the first is open; without findings there is no tab for them."""
    index = index_of(findings=FINDINGS)
    assert tabs(index) == ["checks", "why", "text", "headers", "size"]
    assert [name for name in tabs(index) if " hidden>" not in panel(index, name).partition("\n")[0]] == [
        "checks"
    ]
    assert tabs(index_of()) == ["why", "text", "headers", "size"]


def test_checks(index_of):
    """Every point with its status in a word, in their order."""
    found = rows(panel(index_of(findings=FINDINGS), "checks"))
    assert found == [
        ["1", "✓ pass", "doctype first", "<!DOCTYPE html>", ""],
        ["2", "! warn", "signed", "no [dkim]", "let the server sign"],
        ["3", "✕ fail", "one h1", "2 of them", "keep one"],
        ["4", "✓ pass", "https only", "48 links", ""],
    ]


def test_why(index_of):
    """Every entry that is shown is listed by rank, with its section, score and reasons."""
    found = rows(panel(index_of(), "why"))
    assert [int(row[0]) for row in found] == list(range(1, 10))
    assert found[0][1:3] == ["Title of paper 1", "Agents"]
    assert found[8][1:3] == ["Title of paper 9", "Also new"]
    assert found[0][4] == "49 votes, has code"


def test_why_for_one_reader(index_of, render_plain_edition, render_arranged):
    """What they follow stands at the entry in their own words, what they mute is said to be left out."""
    arrangement = render_arranged(
        render_plain_edition,
        topics=("Speech & sound",),
        keywords=("paper 9",),
        muted=("Agents",),
    )
    found = {row[1]: row[4] for row in rows(panel(index_of(arrangement=arrangement), "why"))}
    assert found["Title of paper 3"].endswith("because you follow Speech & sound")
    assert found["Title of paper 9"].endswith("because you follow paper 9")
    assert found["Title of paper 1"].endswith("not in this copy: muted")
    assert found["Title of paper 2"] == "48 votes, has code"


def test_text_and_headers(index_of, copy, message):
    """Both are there in full."""
    index = index_of()
    text, headers = (
        unescape(re.sub(r"</?b>", "", re.search(r"<pre[^>]*>(.*?)</pre>", panel(index, name), re.DOTALL)[1]))
        for name in ("text", "headers")
    )
    assert text == copy.text
    assert headers.splitlines() == message.partition(b"\r\n\r\n")[0].decode().splitlines()


def test_size(index_of, copy, message):
    """The bytes of all, and the steps that made it fit; without a fitting nothing is said of them."""
    shown = panel(index_of(fitting=Fitting(("no abstracts", "10 by title"), 90_000, 95_000)), "size")
    assert [row[2] for row in rows(shown)][::2] == [f"{len(copy.html.encode()):,}", "90,000"]
    assert f"the whole message {len(message):,} bytes" in shown
    assert "<li>no abstracts</li><li>10 by title</li>" in shown
    assert "Nothing was left out." in panel(index_of(fitting=Fitting((), 90_000, 95_000)), "size")
    assert "To make it fit" not in panel(index_of(), "size")


# Other emails


def test_a_letter_has_no_ranking(render_newsletter, render_headers, render_bench):
    """An email without an edition is shown like any other, and its first text is cut where mailboxes do."""
    copy = Copy.of(
        f"<html><head><title>no</title></head><body><p>Confirm {'x' * 200}</p></body></html>", "Hi"
    )
    exhibit = Exhibit(
        newsletter=render_newsletter,
        label="To confirm",
        copy=copy,
        message=build_message(copy, render_headers(subject="Is it you?")),
    )
    index = preview_pages(exhibit, render_bench)["index.html"].decode()
    assert "The Morning Papers · To confirm" in index
    assert "<h1>Is it you?</h1>" in index
    assert re.search(r'class="preheader">Confirm (x+…)</p>', index)[1] == "x" * 131 + "…"
    assert tabs(index) == ["text", "headers", "size"]


def test_hostile_text(render_edition_of, render_entry, render_newsletter, render_bench, render_headers):
    """Text from outside adds no element to the work bench."""

    def elements(word):
        edition = render_edition_of({word: [render_entry(1, title=word, reasons=(word,))]}, subject=word)
        copy = Copy.of(f"<body>{word.replace('<', '&lt;')}", word)
        data = build_message(copy, render_headers(subject=word, to_name=word))
        exhibit = edition_exhibit(
            edition,
            render_newsletter,
            copy,
            data,
            findings=[Finding(1, word, Status.WARN, word, word)],
            fitting=Fitting((word,), 1, 1),
        )
        found = []
        parser = HTMLParser()
        parser.handle_starttag = lambda tag, attrs: found.append((tag, [name for name, _ in attrs]))
        parser.feed(preview_pages(exhibit, render_bench)["index.html"].decode())
        return found

    assert elements("</pre></script></style><script>alert(1)</script>{{7*7}}\"'") == elements("harmless")
