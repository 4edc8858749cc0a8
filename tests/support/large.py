"""Editions of any size with long texts: what the size ladder has to deal with."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime

from newsletter.core.model import Edition, Entry, RankedEntry, Section

__all__ = ["SCRIPTS", "large_edition"]

SCRIPTS = {
    "latin": "retrieval augmented generation with sparse experts improves long horizon reasoning under noise",
    "signs": "\"don't\" <b>it's</b> & 'so' x=1 R&D a=b <<=>> \"quoted\" it's==",
    "chinese": "大型 语言 模型 的 检索 增强 生成 与 稀疏 专家 混合 在 长程 推理 中 的 应用 研究",
    "arabic": "نماذج لغوية كبيرة للاسترجاع المعزز والتوليد مع خبراء متناثرين في الاستدلال الطويل",
    "emoji": "🧪🔬 👩🏽‍🔬 🇩🇪 🤖🤖🤖 🏴󠁧󠁢󠁥󠁮󠁧󠁿 📈📉 🧠",
}
"""Words of each kind: plain, full of what HTML escapes, and of two, three and four octets a character."""


def large_edition(
    entries: int, script: str, *, seed: int = 0, also: int | None = None, long: bool = True
) -> Edition:
    """So many entries, of which `also` (a quarter, unless it is said) by title; in sections of any size. With
    `long` titles of 300 characters, lines of 600, and links of 300."""
    draw = random.Random(f"{entries} {script} {seed}")
    ranked = [_ranked(rank, script, draw, long=long) for rank in range(1, entries + 1)]
    by_title = entries // 4 if also is None else also
    featured, others = ranked[: entries - by_title], ranked[entries - by_title :]
    return Edition(
        newsletter="papers",
        number=42,
        slot=datetime(2026, 11, 20, 7, tzinfo=UTC),
        subject=featured[0].entry.title[:69],
        preheader=featured[0].entry.title,
        sections=tuple(_sections(featured, script, draw)),
        also=tuple(others),
        rest=tuple(f"hash:{number}" for number in range(draw.choice((0, 0, 30)))),
    )


def _sections(featured: list[RankedEntry], script: str, draw: random.Random) -> Iterable[Section]:
    topics = max(1, min(len(featured), draw.choice((1, 3, 8, 20, 40))))
    places = {item.rank: draw.randrange(topics) for item in featured}
    for topic in dict.fromkeys(places.values()):
        inside = tuple(item for item in featured if places[item.rank] == topic)
        yield Section(topic=f"{_text(draw, script, 20)} {topic}", entries=inside)


def _ranked(rank: int, script: str, draw: random.Random, *, long: bool) -> RankedEntry:
    def length(most: int) -> int:
        return most if long else draw.randint(1, most)

    def link(host: str) -> str:
        return f"https://{host}/{'a' * (length(300) - len(host) - 9)}"

    line = _text(draw, script, length(600))
    entry = Entry(
        id=f"hash:e{rank}",
        title=f"{rank} {_text(draw, script, length(300))}"[:300],
        summary=f"{line}. {_text(draw, script, length(250))}. And more.",
        authors=tuple(_text(draw, script, length(80)) for _ in range(draw.randint(0, 3))),
        url=link("arxiv.org") if draw.random() < 0.8 else None,
        code=link("github.com"),
        project=link("project.example.org"),
        discussion=link("huggingface.co"),
        search=link("search.example.org"),
        organization=_text(draw, script, length(80)),
        upvotes=draw.randrange(5000),
    )
    return RankedEntry(entry=entry, rank=rank, score=1 / rank, reasons=("49 votes", "has code"), line=line)


def _text(draw: random.Random, script: str, length: int) -> str:
    words = SCRIPTS[script].split()
    text = ""
    while len(text) < length:
        text += f"{draw.choice(words)} "
    return text[:length].strip() or "x"
