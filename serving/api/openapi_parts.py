"""What paths of the OpenAPI document have in common. It runs nothing."""

from typing import Any, Final

import msgspec

from schemas.access import Scope
from serving.api.problems import KINDS, MEDIA_TYPE
from serving.queries.question import Parameter

PREFIX: Final = "/api/v1"
Document = dict[str, Any]
_OF_BODIES: Final = {413, 415}
RATE: Final = {
    "X-Request-Id": {"description": "The caller's own, or one of ours", "schema": {"type": "string"}},
    "RateLimit": {"description": "What is left to the token", "schema": {"type": "string"}},
    "RateLimit-Policy": {"description": "What a token may ask", "schema": {"type": "string"}},
}


def in_query(parameter: Parameter) -> Document:
    """Return a parameter of a query."""
    schema = msgspec.json.schema(parameter.kind)
    if parameter.default is not None:
        schema["default"] = parameter.default
    needs = "" if parameter.needs is Scope.READ else f" Needs the scope {parameter.needs}."
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.meaning + needs,
        "schema": schema,
    }


def in_path(name: str, kind: Any) -> Document:
    """Return a part of a path."""
    return {"name": name, "in": "path", "required": True, "schema": msgspec.json.schema(kind)}


def responses(content: Document, *, may_lack: bool = False, writes: bool = False) -> Document:
    """Return every answer of an operation."""
    never = {405, 409} | (set() if may_lack else {404}) | (set() if writes else _OF_BODIES)
    statuses = sorted({kind.status for kind in KINDS.values()} - never)
    return {
        "200": {"description": "The answer", "headers": RATE, "content": content},
        **{str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses},
    }


def refusals(status: int) -> Document:
    """Return the answer of a status that refuses."""
    kinds = [kind for kind in KINDS.values() if kind.status == status]
    headers = {"X-Request-Id": RATE["X-Request-Id"]}
    if any(kind.retry_after_s for kind in kinds):
        headers["Retry-After"] = {"description": "Seconds to wait", "schema": {"type": "integer"}}
    return {
        "description": "; ".join(f"{kind.name}: {kind.title}" for kind in kinds),
        "headers": headers,
        "content": {MEDIA_TYPE: {"schema": reference("Problem")}},
    }


def reference(name: str) -> Document:
    """Return where a schema is."""
    return {"$ref": f"#/components/schemas/{name}"}


def json_body(kind: type) -> Document:
    """Return a request's body that is decoded as `kind`."""
    schema = msgspec.json.schema(kind)["$defs"][kind.__name__]
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def json_answer(properties: Document) -> Document:
    """Return the content of an answer that has all of some properties."""
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"content": {"application/json": {"schema": schema}}}
