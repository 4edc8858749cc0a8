"""Every email of every theme and language in a browser: on a small phone, a usual one and a desk, in light
and in dark. All views are looked at in one go, so a test here only reads what was seen."""

import itertools
import json
from dataclasses import asdict
from pathlib import Path

import pytest
from support import emails, judges
from support.judges import SCHEMES, WIDTHS, Scheme, Sight

pytestmark = [pytest.mark.browser, judges.needs_browser, pytest.mark.timeout(300)]

VIEWS = [
    (f"{name}-{language}", width, scheme)
    for name, language in emails.ALL
    for width, scheme in itertools.product(WIDTHS, SCHEMES)
    # All in English; in other languages what they can change: the smallest phone, and one desk.
    if language == "en" or (width == min(WIDTHS)) or (name, scheme) == ("digest", "light")
]
LEAST_CONTRAST = 4.5


@pytest.fixture(scope="module")
def sights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sight]:
    """By page, width and scheme."""

    def see() -> dict[str, object]:
        folder = tmp_path_factory.mktemp("emails")
        for name, language in emails.ALL:
            page = folder / f"{name}-{language}.html"
            page.write_text(emails.html(name, language), encoding="utf-8")
        seen = judges.look([(folder / f"{page}.html", width, scheme) for page, width, scheme in VIEWS])
        return {" ".join(map(str, view)): asdict(sight) for view, sight in zip(VIEWS, seen, strict=True)}

    found = judges.once(tmp_path_factory, "sights", see)
    return {view: Sight(**sight) for view, sight in found.items()}


@pytest.mark.parametrize(("page", "width", "scheme"), VIEWS)
def test_it_can_be_read_and_used(sights: dict[str, Sight], page: str, width: int, scheme: Scheme) -> None:
    """Nothing that axe finds, no scrolling to the side, every text clear and large enough, every link large
    enough for a finger, and nothing asked of the network."""
    sight = sights[f"{page} {width} {scheme}"]
    faults = {
        "not in standards mode": sight.mode != "CSS1Compat",
        "axe": sight.violations,
        "axe cannot tell the contrast": sight.undecided,
        "scrolls sideways": sight.sideways,
        "beyond the window": sight.beyond,
        "contrast": [text for text in sight.contrasts if text["contrast"] < LEAST_CONTRAST],
        "small links": sight.targets,
        "small text": sight.small,
        "console": sight.console,
        "requests": sight.requests,
    }
    found = [f"{name}: {json.dumps(fault, ensure_ascii=False)}" for name, fault in faults.items() if fault]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


FAULTY = """<html lang="en"><head><title>t</title><style>
p { color: #222 } @media (prefers-color-scheme: dark) { body { background: #111 } }
</style></head><body><main><h1>A page</h1><p>Dark text. <img src="http://127.0.0.1:9/i.png" alt="a chart"></p>
<p style="font-size: 12px">Small</p><p><span style="color: #999; background: #fff">Pale</span></p>
<p><a style="color: #00c" href="https://example.org/1">alone</a></p>
<p>Ada Lovelace · <a style="color: #00c" href="https://example.org/4">beside a name</a></p>
<p>You get this. <a style="color: #00c" href="https://example.org/5">after a sentence</a></p>
<p>Some words with <a style="color: #00c" href="https://example.org/2">a link</a> in a sentence.</p>
<div style="width: 400px; text-align: right"><a href="https://example.org/3" style="display: inline-block;
color: #000; background: #fff; padding: 8px">Far away</a></div><img src="data:," width="9" height="9"></main>
<script>console.error("said")</script></body></html>"""


def test_the_judge_sees_what_is_wrong(tmp_path: Path) -> None:
    """On a page that has every fault there is to find, and in the dark one more."""
    page = tmp_path / "faulty.html"
    page.write_text(FAULTY)
    light, dark = judges.look([(page, 320, "light"), (page, 320, "dark")])
    assert light.mode == "BackCompat"
    assert {"image-alt", "color-contrast"} <= {violation["id"] for violation in light.violations}
    assert light.sideways
    assert [found["text"] for found in light.beyond] == ["Far away"]
    assert (light.contrasts[0]["text"], light.contrasts[0]["contrast"]) == ("Pale", 2.84)
    assert dark.contrasts[0]["contrast"] < 1.3
    assert [link["text"] for link in light.targets] == ["alone", "beside a name", "after a sentence"]
    assert light.small == [{"px": 12, "text": "Small"}]
    assert "said" in light.console
    assert light.requests == ["http://127.0.0.1:9/i.png"]
