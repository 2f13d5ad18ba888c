"""A row's columns as JSON Schema, made of the published views' columns: their types and their meanings. It runs nothing."""

import json
import re
from functools import cache
from typing import Any, Final

from projections.clickhouse.views.columns import FOLDER, meanings
from serving.queries.question import Question
from serving.queries.statement import CHANGED, shown

Schema = dict[str, Any]

_WRAPPED: Final = re.compile(r"(?:LowCardinality|SimpleAggregateFunction)\((?:\w+, )?(.+)\)")
_SIMPLE: Final[dict[str, Schema]] = {
    "String": {"type": "string"},
    "Bool": {"type": "boolean"},
    "Date": {"type": "string", "format": "date"},
}
_INTEGER: Final = re.compile(r"(U?)Int(8|16|32|64)")


def schema_of(kind: str) -> Schema:  # noqa: PLR0911 - a line a type
    """Return the JSON Schema of a ClickHouse type, as the engine writes it in JSON."""
    if match := _WRAPPED.fullmatch(kind):
        return schema_of(match[1])
    if kind in _SIMPLE:
        return dict(_SIMPLE[kind])
    if kind.startswith("DateTime"):
        return {"type": "string", "format": "date-time"}
    if match := _INTEGER.fullmatch(kind):
        return {"type": "integer"} | ({"minimum": 0} if match[1] else {})
    inner = kind.partition("(")[2][:-1]
    if kind.startswith("Nullable("):
        found = schema_of(inner)
        return {**found, "type": [found["type"], "null"]}
    if kind.startswith("Array("):
        return {"type": "array", "items": schema_of(inner)}
    if kind.startswith("Tuple("):
        parts = [schema_of(part) for part in inner.split(", ")]
        return {"type": "array", "prefixItems": parts, "minItems": len(parts), "maxItems": len(parts)}
    if kind.startswith("Map(String, "):
        return {"type": "object", "additionalProperties": schema_of(inner.removeprefix("String, "))}
    raise ValueError(f"{kind}: no JSON Schema is known for it: add it here")


def row_schema(view: str, columns: list[str], *, marks_changes: bool = False) -> Schema:
    """Return the schema of a row with some columns of a published view."""
    kinds, said = published()[view], meanings()
    properties = {name: {**schema_of(kinds[name]), "description": said[view, name]} for name in columns}
    if marks_changes:
        meaning = "Whether it changed after `as_of`, the time to which the list is pinned"
        properties[CHANGED] = {"type": "boolean", "description": meaning}
    return {"type": "object", "properties": properties, "required": list(properties)}


def schema_of_rows(question: Question) -> Schema:
    """Return the schema of a question's rows."""
    return row_schema(question.view, shown(question), marks_changes=bool(question.changed_by))


@cache
def published() -> dict[str, dict[str, str]]:
    """Return view → column → ClickHouse type."""
    found: dict[str, dict[str, str]] = json.loads((FOLDER / "published.json").read_text(encoding="utf-8"))
    return found
