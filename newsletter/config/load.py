"""Reading the configuration, and saying what is wrong with it."""

import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from newsletter.config.tables import Settings
from newsletter.errors import ConfigError

__all__ = ["load_settings"]


def load_settings(path: Path) -> Settings:
    """Read newsletter.toml and the environment. Raises ConfigError, with one line for each fault."""
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
    if odd := [key for key in content if key.startswith("_")]:
        raise ConfigError(f"{path}: [{odd[0]}]: unknown key; the tables are {', '.join(_keys(Settings))}.")
    try:
        settings = Settings(**content)
    except ValidationError as error:
        raise ConfigError("\n".join(f"{path}: {_explain(fault)}" for fault in error.errors())) from None
    except SettingsError as error:
        raise ConfigError(f"environment: {error}") from error
    settings._folder = path.parent
    return settings


def _explain(fault: ErrorDetails) -> str:
    """`[smtp] conections: unknown key; did you mean "connections"?`"""
    where = _place(fault["loc"])
    if fault["type"] == "extra_forbidden":
        known = _known_keys(fault["loc"][:-1])
        near = get_close_matches(str(fault["loc"][-1]), known, n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"the keys here are {', '.join(sorted(known))}."
        return f"{where}: unknown key; {hint}"
    if fault["type"] == "missing":
        return f"{where}: missing; add it."
    message = fault["msg"].removeprefix("Value error, ")
    shown = "" if isinstance(fault["input"], dict | list) else f" (it is {fault['input']!r})"
    return f"{where}: {message}{shown}."


def _place(loc: tuple[int | str, ...]) -> str:
    match loc:
        case (table, int(index), *keys):
            place = f"[[{table}]] number {index + 1}"
        case (table, *keys):
            place = f"[{table}]"
        case _:
            return "the file"
    return " ".join([place, ".".join(str(key) for key in keys)]).strip()


def _known_keys(loc: tuple[int | str, ...]) -> list[str]:
    """The keys that the table at this place may have."""
    model: Any = Settings
    for key in loc:
        if isinstance(key, str) and key in _keys(model):
            model = _table_of(_keys(model)[key].annotation)
    return list(_keys(model))


def _keys(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _table_of(annotation: Any) -> Any:
    """The table class inside `SmtpTable`, `DkimTable | None` or `tuple[SourceTable, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((table for part in get_args(annotation) if (table := _table_of(part))), None)
