"""The tables of sources and editions, with their keys, defaults and limits."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from newsletter.config.table import Table
from newsletter.config.values import Duration, SegmentText, WebAddress

__all__ = [
    "SOURCE_KINDS",
    "ArxivTable",
    "BoostTable",
    "EditionTable",
    "FeedTable",
    "FetchTable",
    "FileTable",
    "HuggingFaceTable",
    "SourceTable",
    "TopicTable",
    "WeightsTable",
]


class FileTable(Table):
    """A file, or every file in a folder whose name fits `pattern`."""

    kind: Literal["file"]
    name: str = Field(min_length=1)
    path: str
    pattern: str = "*"
    search_url: str | None = None


class HuggingFaceTable(Table):
    """The daily papers; each run asks for the lists of so many days, today's among them, since they keep
    growing."""

    kind: Literal["huggingface"]
    name: str = Field(min_length=1)
    url: WebAddress = "https://huggingface.co/api/daily_papers"
    days: int = Field(3, ge=1, le=31)


class ArxivTable(Table):
    """The API where there is a `query`, else the feed of `categories`."""

    kind: Literal["arxiv"]
    name: str = Field(min_length=1)
    query: str | None = None
    categories: tuple[str, ...] = ()
    url: WebAddress | None = None
    max_entries: int = Field(500, ge=1, le=10_000)
    announce: tuple[Literal["new", "cross", "replace", "replace-cross"], ...] = ("new", "cross")

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not (self.query or self.categories or self.url):
            raise ValueError('set query = "cat:cs.CL AND all:agents" or categories = ["cs.AI", "cs.CL"]')
        return self


class FeedTable(Table):
    """RSS, Atom or JSON Feed."""

    kind: Literal["feed"]
    name: str = Field(min_length=1)
    url: WebAddress


SourceTable = Annotated[FileTable | HuggingFaceTable | ArxivTable | FeedTable, Field(discriminator="kind")]

SOURCE_KINDS: dict[str, type[Table]] = {
    "file": FileTable,
    "huggingface": HuggingFaceTable,
    "arxiv": ArxivTable,
    "feed": FeedTable,
}


class TopicTable(Table):
    name: str = Field(min_length=1)
    keywords: tuple[str, ...] = ()
    description: str = ""


def _topic(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class WeightsTable(Table):
    """What each signal counts; as `core.ranking.Weights`."""

    votes: float = Field(1.0, ge=0, le=10)
    interest: float = Field(1.0, ge=0, le=10)
    comments: float = Field(0.1, ge=0, le=10)
    stars: float = Field(0.05, ge=0, le=10)
    links: float = Field(0.0, ge=0, le=10)
    freshness: float = Field(0.2, ge=0, le=10)
    position: float = Field(0.5, ge=0, le=10)
    sameness: float = Field(1.0, ge=0, le=10)


class BoostTable(Table):
    """One of `keyword`, `author`, `organization` and `topic`."""

    keyword: str | None = Field(None, min_length=1)
    author: str | None = Field(None, min_length=1)
    organization: str | None = Field(None, min_length=1)
    topic: str | None = Field(None, min_length=1)
    weight: float = Field(0.3, ge=-10, le=10)

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        if (
            sum(value is not None for value in (self.keyword, self.author, self.organization, self.topic))
            != 1
        ):
            raise ValueError("set one of keyword, author, organization and topic; a table for each boost")
        return self


class EditionTable(Table):
    max_entries: int = Field(25, ge=1, le=200)
    weekly_entries: int = Field(40, ge=1, le=200)
    min_entries: int = Field(1, ge=1)
    max_age_days: int = Field(14, ge=1, le=3650)
    settle: Duration = timedelta(0)
    reasons: bool = False
    segment: SegmentText | None = None
    topics: tuple[Annotated[TopicTable, BeforeValidator(_topic)], ...] = ()
    weights: WeightsTable = WeightsTable()
    boosts: tuple[BoostTable, ...] = ()


class FetchTable(Table):
    allow_hosts: tuple[str, ...] = ()
    contact: str | None = None
    timeout: Duration = timedelta(seconds=30)
    total_timeout: Duration = timedelta(seconds=300)
    max_bytes: int = Field(50_000_000, ge=1000)
    max_entries: int = Field(20_000, ge=1)
