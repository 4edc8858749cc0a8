"""Whom editions are for, by which measure they are made and in which words, as the configuration has it."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from newsletter.adapters.weights import shipped_editor
from newsletter.config import Settings
from newsletter.config.editing import BoostTable
from newsletter.core.audience import Audience
from newsletter.core.boosts import Boost
from newsletter.core.edition import EditionPolicy
from newsletter.core.phrases import Phrases
from newsletter.core.ranking import Weights
from newsletter.core.rhythm import Frequency
from newsletter.core.segments import parse_segment
from newsletter.core.slots import Schedule, next_slot
from newsletter.core.topics import Topic, topic_names
from newsletter.errors import ConfigError
from newsletter.render.theme import Theme

__all__ = ["audience_of", "edition_policy", "phrases_of", "speak", "weekly_policy"]

_WEEK = 13
"""Days: a week, and what `core.series.week_start` may add to it."""


def audience_of(settings: Settings, schedule: Schedule, frequency: Frequency) -> Audience:
    """Who gets the editions of this schedule."""
    text = settings.edition.segment
    return Audience(
        frequency=frequency,
        zone=schedule.zone,
        usual=settings.schedule.deliver,
        following=partial(next_slot, schedule),
        segment=parse_segment(text) if text else None,
    )


def edition_policy(settings: Settings) -> EditionPolicy:
    """By which measure."""
    table = settings.edition
    topics = tuple(Topic(topic.name, topic.keywords, topic.description) for topic in table.topics)
    return EditionPolicy(
        editor=shipped_editor(),
        max_entries=table.max_entries,
        min_entries=table.min_entries,
        max_age_days=table.max_age_days,
        settle=table.settle,
        topics=topics,
        weights=Weights(**table.weights.model_dump()),
        boosts=tuple(_boost(boost, topics) for boost in table.boosts),
    )


def weekly_policy(settings: Settings) -> EditionPolicy:
    """The same for the best of the week."""
    most = settings.edition.weekly_entries
    return replace(edition_policy(settings), max_entries=most, max_age_days=_WEEK)


def phrases_of(theme: Theme) -> Phrases:
    """The words of subjects and sections in the language of a theme."""
    return theme.language.phrases(topic_names(shipped_editor()))


def speak(theme: Theme, language: str) -> tuple[Theme, Phrases] | None:
    """A theme in the language that a reader asked for. No mistake in a catalogue that is not the newsletter's
    own may keep an edition from going out."""
    try:
        spoken = Theme.load(theme.folder, theme.folders[1:], language=language)
    except ConfigError:
        return None
    return spoken, phrases_of(spoken)


def _boost(table: BoostTable, topics: Sequence[Topic]) -> Boost:
    """A topic goes by its name and, where it is one of the operator's own, by its keywords."""
    name = table.keyword or table.author or table.organization or table.topic or ""
    keywords = [topic.keywords for topic in topics if topic.name == table.topic]
    return Boost(
        weight=table.weight,
        name=name,
        keywords=(name, *(keywords[0] if keywords else ())) if table.keyword or table.topic else (),
        author=table.author,
        organization=table.organization,
    )
