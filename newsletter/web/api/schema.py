"""The API described by OpenAPI 3.1."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from newsletter.web.api.problems import MEDIA_TYPE, Problem

__all__ = ["described"]

_REFERENCE = "#/components/schemas/{model}"
_DESCRIPTION = (
    "Each request bears a token in the header Authorization: Bearer TOKEN. Bodies and answers are JSON. What "
    "cannot be served is answered by problem details (RFC 9457), whose detail says how to mend it."
)


def described(api: FastAPI) -> dict[str, Any]:
    """Its routes, with what all of them have in common: the token, and problems."""
    schema = get_openapi(
        title=api.title,
        version=api.version,
        openapi_version="3.1.0",
        description=_DESCRIPTION,
        routes=api.routes,
        servers=api.servers,
    )
    schemas = schema["components"]["schemas"]
    problem = Problem.model_json_schema(ref_template=_REFERENCE)
    schemas |= {**problem.pop("$defs"), "Problem": problem}
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schema["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    schema["security"] = [{"token": []}]
    trouble = {
        "description": "Why it was not served",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path in schema["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = trouble
    return schema
