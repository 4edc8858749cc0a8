"""Wishes as columns of JSON, which subscribers and planned copies have alike."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from newsletter.core.wishes import Like, Wishes

__all__ = ["WISHES", "likes_to_json", "wishes_from_row"]

WISHES = tuple(field.name for field in fields(Wishes))
"""The columns."""


def wishes_from_row(row: Mapping[Any, Any]) -> Wishes:
    """What the row says."""
    lists = {name: tuple(row[name]) for name in WISHES if name != "likes"}
    return Wishes(**lists, likes=tuple(map(_like, row["likes"])))


def likes_to_json(likes: Sequence[Like]) -> list[dict[str, Any]]:
    """The content of the column."""
    return [asdict(like) for like in likes]


def _like(value: Mapping[str, Any]) -> Like:
    return Like(**{**value, "phrases": tuple((phrase, weight) for phrase, weight in value["phrases"])})
