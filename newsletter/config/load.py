"""Reading the configuration, and saying what is wrong with it."""

import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from newsletter.config.editing import SOURCE_KINDS
from newsletter.config.several import (
    ConfigFile,
    Content,
    check_apart,
    content_of,
    overlays,
    stands_in,
    unnamed,
)
from newsletter.config.storing import without_passwords
from newsletter.config.tables import Settings
from newsletter.errors import ConfigError

__all__ = ["load_settings", "newsletters_in"]


def load_settings(config: Path | ConfigFile) -> Settings:
    """Read newsletter.toml and the environment. Raises ConfigError, with one line for each fault, and where
    the file has several newsletters and the one meant is not named."""
    file = config if isinstance(config, ConfigFile) else ConfigFile(config)
    content = _content(file.path)
    names = list(_overlays(file.path, content))
    if not names:
        return _only(file, content)
    if file.newsletter not in names:
        raise ConfigError(unnamed(file, names, file.newsletter))
    several = {name: settings for name in names if (settings := _one_of(file, content, name))}
    try:
        check_apart(several)
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from None
    return several[file.newsletter]


def newsletters_in(path: Path) -> tuple[str, ...]:
    """The names of the newsletters in this file; none where it is that of one, or is not there. Raises
    ConfigError."""
    return tuple(_overlays(path, _content(path))) if path.exists() else ()


def _only(file: ConfigFile, content: Content) -> Settings:
    settings = _settings(file.path, content, {})
    known = settings.newsletter.id
    if file.newsletter not in (None, known):
        raise ConfigError(
            f"{file} has one newsletter, whose id is {known!r}, and no {file.newsletter!r}: "
            "leave --newsletter out."
        )
    return settings


def _one_of(file: ConfigFile, content: Content, name: str) -> Settings | None:
    """None where it is not the one meant and has a fault, which is no reason to do without the others."""
    try:
        return _settings(file.path, content_of(content, name), content["newsletters"][name], name)
    except ConfigError:
        if name == file.newsletter:
            raise
        return None


def _content(path: Path) -> Content:
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such file. `newsletter init DIR` makes one; --config FILE names another."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error}).") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}.") from error
    return content


def _overlays(path: Path, content: Content) -> dict[str, Content]:
    try:
        return overlays(content)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _settings(path: Path, content: Content, own: Content, name: str = "") -> Settings:
    """What is said in `own` is called by its place in the table of the newsletter of this name."""
    if odd := [key for key in content if key.startswith("_")]:
        raise ConfigError(f"{path}: [{odd[0]}]: unknown key; the tables are {', '.join(_keys(Settings))}.")
    try:
        settings = Settings(**content)
    except ValidationError as error:
        faults = [_explain(fault, own, name) for fault in error.errors()]
        raise ConfigError("\n".join(f"{path}: {fault}" for fault in faults)) from None
    except SettingsError as error:
        raise ConfigError(f"environment: {error}") from error
    settings._folder = path.parent
    return settings


def _explain(fault: ErrorDetails, own: Content, name: str) -> str:
    """`[smtp] conections: unknown key; did you mean "connections"?`"""
    table, loc = _table_at(fault["loc"])
    where = _place(loc)
    if stands_in(own, loc):
        where = re.sub(r"^\[+", rf"\g<0>newsletters.{name}.", where)
    match fault["type"]:
        case "extra_forbidden":
            near = get_close_matches(str(loc[-1]), _keys(table), n=1)
            keys = ", ".join(sorted(_keys(table)))
            return f"{where}: unknown key; " + (
                f'did you mean "{near[0]}"?' if near else f"the keys here are {keys}."
            )
        case "missing":
            return f"{where}: missing; add it."
        case "union_tag_invalid" | "union_tag_not_found":
            return f"{where} kind: write one of {', '.join(SOURCE_KINDS)}."
    message = fault["msg"].removeprefix("Value error, ")
    said = without_passwords(repr(fault["input"]))
    shown = "" if isinstance(fault["input"], dict | list) else f" (it is {said})"
    return f"{where}: {message}{shown}."


def _table_at(loc: tuple[int | str, ...]) -> tuple[type[BaseModel], tuple[int | str, ...]]:
    """The table in which the last key of `loc` stands, and `loc` as the file has it: pydantic puts the
    kind of a source into it."""
    table: type[BaseModel] = Settings
    for depth, key in enumerate(loc):
        if key in _keys(table):
            table = _table_of(_keys(table)[str(key)].annotation) or table
        elif depth == 2 and loc[0] == "sources" and key in SOURCE_KINDS:
            table, loc = SOURCE_KINDS[str(key)], loc[:2] + loc[3:]
    return table, loc


def _place(loc: tuple[int | str, ...]) -> str:
    match loc:
        case (table, int(index), *keys):
            place = f"[[{table}]] number {index + 1}"
        case (table, str(inner), int(index), *keys) if keys:
            place = f"[[{table}.{inner}]] number {index + 1}"
        case (table, *keys):
            place = f"[{table}]"
        case _:
            return "the file"
    return " ".join([place, ".".join(str(key) for key in keys)]).strip()


def _keys(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _table_of(annotation: Any) -> Any:
    """The table class inside `SmtpTable`, `DkimTable | None` or `tuple[SourceTable, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((table for part in get_args(annotation) if (table := _table_of(part))), None)
