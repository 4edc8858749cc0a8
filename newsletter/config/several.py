"""Several newsletters in one file: each `[newsletters.NAME]` is laid over what all have in common."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from os.path import normpath
from pathlib import Path
from typing import Any

from newsletter.config.storing import beside, place_of
from newsletter.config.tables import Settings
from newsletter.errors import ConfigError

__all__ = ["ConfigFile", "Content", "check_apart", "content_of", "merged", "overlays", "stands_in", "unnamed"]

Content = Mapping[str, Any]
"""What a TOML file has, or a table of it."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True)
class ConfigFile:
    """Which file configures, and which of its newsletters is meant where it has several."""

    path: Path
    newsletter: str | None = None

    def __str__(self) -> str:
        return str(self.path)


def merged(common: Content, own: Content) -> dict[str, Any]:
    """`common` with `own` laid over it: tables key by key, all else, lists too, replaced as a whole."""
    return {**common, **{key: _laid_over(common.get(key), value) for key, value in own.items()}}


def _laid_over(below: Any, above: Any) -> Any:
    return merged(below, above) if isinstance(below, dict) and isinstance(above, dict) else above


def overlays(content: Content) -> dict[str, Content]:
    """What each newsletter has of its own, by its name; empty where the file is that of one newsletter.
    Raises ConfigError."""
    found = content.get("newsletters", {})
    if not isinstance(found, dict):
        raise ConfigError("[newsletters]: write a table for each, such as [newsletters.weekend.newsletter].")
    for name, own in found.items():
        if not isinstance(own, dict):
            raise ConfigError(
                f"[newsletters] {name}: write a table, such as [newsletters.{name}.newsletter] with its name."
            )
        if not _NAME.fullmatch(name):
            raise ConfigError(
                f"[newsletters.{name!r}]: write lower-case letters, digits and hyphens, such as "
                "[newsletters.weekend]."
            )
    return found


def content_of(content: Content, name: str) -> dict[str, Any]:
    """The file as if it were that of this newsletter alone."""
    common = {key: value for key, value in content.items() if key != "newsletters"}
    return merged(merged(common, _given(common, name)), content["newsletters"][name])


def _given(common: Content, name: str) -> Content:
    """What a newsletter has without saying so: its name as id, a database beside the others', pages below
    theirs."""
    given: dict[str, Any] = {
        "newsletter": {"id": name},
        "store": {"url": beside(_text(common, "store", "url"), name)},
    }
    if base := _text(common, "newsletter", "base_url"):
        given["newsletter"]["base_url"] = f"{base.rstrip('/')}/{name}"
    return given


def _text(content: Content, table: str, key: str) -> str:
    """A value that nothing has checked yet; empty where it is no text."""
    inside = content.get(table)
    value = inside.get(key) if isinstance(inside, dict) else None
    return value if isinstance(value, str) else ""


def stands_in(own: Content, place: tuple[int | str, ...]) -> bool:
    """Whether a newsletter says this itself. A list is all its own or all the others'."""
    here: Any = own
    for key in place:
        if not isinstance(here, dict):
            return True
        if key not in here:
            return False
        here = here[key]
    return bool(place)


def unnamed(file: ConfigFile, names: Sequence[str], said: str | None = None) -> str:
    """What to say to whoever named none of these newsletters."""
    ways = " or ".join(f"--newsletter {name}" for name in names)
    if said is None:
        return f"{file} has several newsletters: say {ways}."
    if near := get_close_matches(said, names, n=1):
        return f"{file} has no newsletter {said!r}; did you mean --newsletter {near[0]}?"
    return f"{file} has no newsletter {said!r}: say {ways}."


def check_apart(settings: Mapping[str, Settings]) -> None:
    """Raises ConfigError where two newsletters have one thing between them that each needs for itself."""
    seen: dict[tuple[str, str], str] = {}
    for name, one in settings.items():
        for key, value in _own_things(one).items():
            first = seen.setdefault((key, value), name)
            if first != name:
                table = key.partition("]")[0].removeprefix("[")
                raise ConfigError(
                    f"the newsletters {first} and {name} have the same {key} ({value}); each needs its own. "
                    f"Change it in [newsletters.{first}.{table}] or [newsletters.{name}.{table}]; what the "
                    "environment says is for all."
                )


def _own_things(settings: Settings) -> dict[str, str]:
    """What no other newsletter may have, by its place in the file."""
    newsletter, bounces = settings.newsletter, settings.bounces
    things = {
        "[newsletter] id": newsletter.id,
        "[newsletter] base_url": newsletter.base_url.lower(),
        "[store] url": place_of(settings.store.url),
    }
    if bounces.maildir:
        things["[bounces] maildir"] = normpath(bounces.maildir)
    if imap := bounces.imap:
        things["[bounces.imap] folder"] = f"{imap.folder} of {imap.username} at {imap.host}"
    return things
