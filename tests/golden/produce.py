"""The edition of the seed page and one reader's copy of it, with everything that could vary held fixed.

    python tests/golden/produce.py [DIR]

writes edition.json, email.html and email.txt to DIR, by default to where they are kept (`make golden`).
"""

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from newsletter.adapters.sources.file import FileSource
from newsletter.adapters.weights import shipped_editor
from newsletter.bootstrap import shipped
from newsletter.core import tokens
from newsletter.core.archive import edition_to_json
from newsletter.core.edition import EditionPolicy, arrange
from newsletter.core.model import Newsletter
from newsletter.core.wishes import Wishes
from newsletter.ports import DueCopy, PublishedEdition
from newsletter.render.digest import render_edition
from newsletter.render.theme import Theme
from newsletter.services.compose import Composer

HERE = Path(__file__).parent
NOW = datetime(2026, 3, 11, 7, 30, tzinfo=UTC)
SECRET = b"0123456789abcdef0123456789abcdef"
NEWSLETTER = Newsletter(
    id="papers",
    name="Morning Papers",
    sender="Morning Papers <papers@example.org>",
    base_url="https://papers.example.org",
    reply_to="editor@example.org",
    postal_address="Morning Papers, 1 Example Street, 12345 Example",
)
READER = DueCopy(
    id=1,
    edition_id=1,
    subscriber_id=7,
    email="ada@example.org",
    name="Ada Lovelace",
    wishes=Wishes(topics=("Robotics", "Image generation")),
    attempts=0,
)


async def produce() -> dict[str, str]:
    """The files by name."""
    source = FileSource(
        "Papers page", shipped("seeds") / "papers.txt", "https://huggingface.co/papers?q={title}"
    )
    entries = (await source.fetch(NOW)).entries
    edition = arrange(
        entries, EditionPolicy(shipped_editor()), newsletter=NEWSLETTER.id, number=1, slot=NOW, now=NOW
    )
    assert edition
    theme = Theme.load(shipped("templates") / "digest", [shipped("templates") / "base"])
    rendered = render_edition(edition, NEWSLETTER, theme, nonce=tokens.nonce(SECRET, NEWSLETTER.id, 1))
    published = PublishedEdition(1, edition, rendered.html, rendered.text, rendered.nonce, NOW)
    copy = Composer(published, NEWSLETTER, SECRET).write(READER).copy
    return {
        "edition.json": json.dumps(edition_to_json(edition), ensure_ascii=False, indent=1) + "\n",
        "email.html": copy.html,
        "email.txt": copy.text,
    }


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for name, content in asyncio.run(produce()).items():
        (folder / name).write_bytes(content.encode())
