"""The work bench around a copy."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest

from newsletter.render.mime import build_message
from newsletter.render.preview import CLIP_LIMIT, preview_pages


@pytest.fixture
def copy(render_plain_edition, render_copy):
    return render_copy(render_plain_edition)


@pytest.fixture
def message(copy, render_headers):
    return build_message(copy, render_headers())


@pytest.fixture
def pages(render_plain_edition, render_newsletter, copy, message, render_bench):
    return preview_pages(render_plain_edition, render_newsletter, copy, message, render_bench)


def test_files(pages, copy, message):
    """The copy and the message are written as they are."""
    assert list(pages) == ["index.html", "email.html", "email.txt", "email.eml"]
    assert pages["email.html"].decode() == copy.html
    assert pages["email.txt"].decode() == copy.text
    assert pages["email.eml"] == message


def test_index_is_self_contained(pages):
    """It loads the email beside it, twice, and nothing else."""
    index = pages["index.html"].decode()
    assert re.findall(r'src="([^"]*)"', index) == ["email.html", "email.html"]
    assert set(re.findall(r'href="([^"]*)"', index)) == {"email.html", "email.txt", "email.eml"}
    assert not re.search(r"https?://|@import|url\(", re.sub(r"<pre>.*?</pre>", "", index, flags=re.DOTALL))


def test_index_shows_text_and_headers(pages, copy, message):
    """Plain text and headers are there in full."""
    shown = [
        unescape(found) for found in re.findall(r"<pre>(.*?)</pre>", pages["index.html"].decode(), re.DOTALL)
    ]
    assert shown[0] == copy.text
    assert shown[1].splitlines() == message.partition(b"\r\n\r\n")[0].decode().splitlines()


def test_index_says_why(pages):
    """Every entry that is shown is listed by rank, with its section, score and reasons."""
    index = pages["index.html"].decode()
    rows = re.findall(
        r"<tr><td class=\"number\">(\d+)</td><td class=\"title\">(.*?)</td><td>(.*?)</td>", index
    )
    assert [int(rank) for rank, _, _ in rows] == list(range(1, 10))
    assert rows[0] == ("1", "Title of paper 1", "Agents")
    assert rows[8] == ("9", "Title of paper 9", "Also new")
    assert "49 votes, has code" in index


def test_index_weighs_the_email(pages, copy):
    """Decoded and encoded sizes stand beside the limit."""
    index = pages["index.html"].decode()
    assert f"{len(copy.html.encode()):,}" in index
    assert index.count(f"of {CLIP_LIMIT:,}") == 2


def test_hostile_text(
    render_edition_of, render_entry, render_newsletter, render_bench, render_headers, render_copy
):
    """Text from outside adds no element to the work bench."""

    def elements(word):
        edition = render_edition_of({word: [render_entry(1, title=word, reasons=(word,))]}, subject=word)
        copy = render_copy(edition)
        data = build_message(copy, render_headers(subject=word, to_name=word))
        found = []
        parser = HTMLParser()
        parser.handle_starttag = lambda tag, attrs: found.append(tag)
        parser.feed(
            preview_pages(edition, render_newsletter, copy, data, render_bench)["index.html"].decode()
        )
        return found

    assert elements("</pre></script><script>alert(1)</script>{{7*7}}\"'") == elements("harmless")
