"""What rendering an edition costs, step by step, in every theme. Prints JSON; see README.md."""

import argparse
import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import cycle, islice

import mjml

from newsletter.adapters.sources.file import FileSource
from newsletter.adapters.weights import shipped_editor
from newsletter.bootstrap import shipped
from newsletter.core.edition import EditionPolicy, arrange
from newsletter.core.model import Edition, Entry, Newsletter
from newsletter.render.compiled import Shape
from newsletter.render.cssmistakes import find_css_mistake
from newsletter.render.digest import render_edition
from newsletter.render.html import _inlined
from newsletter.render.marks import Marks
from newsletter.render.personalise import Personaliser
from newsletter.render.strict import find_mistake
from newsletter.render.theme import Theme
from newsletter.render.view import view_edition

NOW = datetime(2026, 3, 11, 7, 30, tzinfo=UTC)
NONCE = "0123456789abcdef"
NEWSLETTER = Newsletter(
    id="papers",
    name="Morning Papers",
    sender="Morning Papers <papers@example.org>",
    base_url="https://papers.example.org",
)
THEMES = ("digest", "compact", "weekly")
ENTRIES = (10, 25, 60, 200)


async def entries_of_the_seed_page(count: int) -> list[Entry]:
    """As often as it takes, with votes, authors and links, since the page has none."""
    source = FileSource("Page", shipped("seeds") / "papers.txt", "https://huggingface.co/papers?q={title}")
    found = (await source.fetch(NOW)).entries
    return [
        replace(
            entry,
            id=f"hash:{place}",
            url=f"https://arxiv.org/abs/2603.{place:05}",
            code=f"https://github.com/example/{place}",
            discussion=f"https://huggingface.co/papers/2603.{place:05}",
            authors=("Ada Lovelace", "Bo Li", "Cy Twombly"),
            organization="Example Lab",
            upvotes=place,
        )
        for place, entry in enumerate(islice(cycle(found), count))
    ]


def edition_of(entries: Sequence[Entry]) -> Edition:
    """All of them in full."""
    policy = EditionPolicy(editor=shipped_editor(), max_entries=len(entries))
    made = arrange(entries, policy, newsletter=NEWSLETTER.id, number=1, slot=NOW, now=NOW)
    if made is None:
        raise SystemExit("the seed page gave no edition")
    return made


def best(work: Callable[[], object], rounds: int) -> float:
    """Seconds of this process, whoever else is on the machine."""

    def seconds() -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    return min(seconds() for _ in range(rounds))


def measure(edition: Edition, theme: Theme, rounds: int) -> dict[str, object]:
    """One edition in one theme: seconds, and each step beside mrml alone."""
    view, marks = view_edition(edition, NEWSLETTER, theme.language), Marks(NONCE, comments=True)
    plain = Marks(NONCE, comments=False)
    rendered = render_edition(edition, NEWSLETTER, theme, nonce=NONCE)
    css = theme.render("style.css")

    def jinja() -> None:
        theme.render("edition.mjml", edition=view, reader=marks)
        theme.render("edition.txt", edition=view, reader=plain)
        theme.render("style.css")

    def strict() -> None:
        if find_mistake(rendered.mjml) or find_css_mistake(css):
            raise SystemExit("the theme has a mistake")

    steps = {
        "jinja": best(jinja, rounds),
        "strict": best(strict, rounds),
        "mrml": best(lambda: mjml.mjml2html(rendered.mjml, fonts={}), rounds),
        "premailer": best(lambda: _inlined(rendered.laid_out, css, "style.css"), rounds),
        "personaliser": best(lambda: Personaliser(rendered, Shape.of(edition)), rounds),
    }
    return {
        "seconds": round(sum(steps.values()), 3),
        "kilobytes": len(rendered.html.encode()) // 1000,
        "share": {name: round(spent / sum(steps.values()), 2) for name, spent in steps.items()},
        "times_mrml": {name: round(spent / steps["mrml"], 1) for name, spent in steps.items()},
    }


def main() -> None:
    """Measure on one core."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    editions = {count: edition_of(asyncio.run(entries_of_the_seed_page(count))) for count in ENTRIES}
    folder = shipped("templates")
    themes = {name: Theme.load(folder / name, [folder / "base"]) for name in THEMES}
    print(
        json.dumps(
            {
                name: {count: measure(edition, theme, rounds) for count, edition in editions.items()}
                for name, theme in themes.items()
            }
        )
    )


if __name__ == "__main__":
    main()
