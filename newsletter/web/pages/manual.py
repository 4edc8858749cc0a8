"""The page about the API, made of its own description."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from newsletter.web.pages.common import Common

__all__ = ["ManualPage"]

Schema = Mapping[str, Any]


class Value(NamedTuple):
    """A parameter, or a key of an object."""

    name: str
    kind: str
    required: bool
    description: str


class Operation(NamedTuple):
    """What can be asked."""

    method: str
    path: str
    description: str
    parameters: tuple[Value, ...]
    body: tuple[Value, ...]
    answers: tuple[tuple[str, str], ...]
    """Status and what comes with it."""


class Shape(NamedTuple):
    """An object that is sent or answered."""

    name: str
    description: str
    values: tuple[Value, ...]


class ManualPage:
    """Says of each address what it takes and answers."""

    def __init__(self, common: Common, schema: Schema) -> None:
        self._common = common
        self._schema = schema

    async def show(self, request: Request) -> Response:
        """The page: nothing on it is secret, and a browser sends no token."""
        return self._common.page(
            "api.html",
            address=self._schema["servers"][0]["url"],
            about=self._schema["info"]["description"],
            operations=tuple(_operations(self._schema)),
            shapes=tuple(_shapes(self._schema)),
        )


def _operations(schema: Schema) -> Iterator[Operation]:
    for path, methods in schema["paths"].items():
        for method, found in methods.items():
            yield Operation(
                method.upper(),
                path,
                found.get("description", ""),
                tuple(
                    Value(
                        given["name"],
                        _kind(given["schema"]),
                        given.get("required", False),
                        given.get("description", ""),
                    )
                    for given in found.get("parameters", ())
                ),
                _body(schema, found),
                tuple(_answer(status, answer) for status, answer in found["responses"].items()),
            )


def _shapes(schema: Schema) -> Iterator[Shape]:
    for name, found in sorted(schema["components"]["schemas"].items()):
        if "properties" in found:
            yield Shape(name, found.get("description", ""), _values(found))
        elif "enum" in found:
            yield Shape(name, f"One of {', '.join(found['enum'])}.", ())


def _body(schema: Schema, operation: Schema) -> tuple[Value, ...]:
    if "requestBody" not in operation:
        return ()
    reference = _content(operation["requestBody"])["$ref"]
    return _values(schema["components"]["schemas"][_name(reference)])


def _answer(status: str, answer: Schema) -> tuple[str, str]:
    kind = _kind(_content(answer)) if "content" in answer else "nothing"
    return ("other" if status == "default" else status), kind


def _content(holder: Schema) -> Schema:
    return next(iter(holder["content"].values()))["schema"]  # type: ignore[no-any-return]


def _values(shape: Schema) -> tuple[Value, ...]:
    required = shape.get("required", ())
    return tuple(
        Value(name, _kind(value), name in required, value.get("description", ""))
        for name, value in shape["properties"].items()
    )


def _kind(value: Schema) -> str:
    """In a few words: "list of string", "Person", "null"."""
    if "$ref" in value:
        return _name(value["$ref"])
    if "anyOf" in value:
        return " or ".join(map(_kind, value["anyOf"]))
    if value.get("type") == "array":
        return f"list of {_kind(value['items'])}"
    if isinstance(inner := value.get("additionalProperties"), Mapping):
        return f"object of {_kind(inner)}"
    return str(value.get("format") or value.get("type", "anything"))


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]
