"""The published schemas as tests read them, flattened to one line a field."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import schemas

PUBLISHED = Path(schemas.__file__).parent / "published"
GOLDEN = Path(__file__).parent / "golden"
VERSIONS = tuple(sorted(path.stem for path in PUBLISHED.glob("*.v*.json")))


def schema_of(version: str) -> dict[str, Any]:
    """Return a published JSON Schema, e.g. of `message.events.v1`."""
    read: dict[str, Any] = json.loads((PUBLISHED / f"{version}.json").read_text())
    return read


def golden_values(version: str) -> list[Any]:
    """Return the values of that version which were once published."""
    return [json.loads(line) for line in (GOLDEN / f"{version}.jsonl").read_text().splitlines()]


def flattened(
    schema: dict[str, Any], path: str = "$", *, required: bool = True
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (path, what a consumer relies on there) for a schema and everything in it."""
    relied_on = {name: schema[name] for name in ("type", "enum", "const", "format") if name in schema}
    yield path, {**relied_on, "required": required}
    for name, inner in schema.get("properties", {}).items():
        yield from flattened(inner, f"{path}.{name}", required=name in schema.get("required", ()))
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from flattened(schema[name], f"{path}[]")
    for place, inner in enumerate(schema.get("prefixItems", ())):
        yield from flattened(inner, f"{path}[{place}]")


def resolved(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return a schema made by msgspec with its references replaced by what they point at."""
    if "$ref" in schema:
        return resolved(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:  # an optional value: what matters is what it is when it is there
        kinds = [resolved(one, definitions) for one in schema["anyOf"]]
        there = [kind for kind in kinds if kind.get("type") != "null"]
        if len(there) == 1:
            simple = set(there[0]) <= {"type"}
            return {"type": [there[0]["type"], "null"]} if simple and "default" not in schema else there[0]
    made = dict(schema)
    if "properties" in made:
        made["properties"] = {name: resolved(inner, definitions) for name, inner in made["properties"].items()}
    for name in ("items", "additionalProperties"):
        if isinstance(made.get(name), dict):
            made[name] = resolved(made[name], definitions)
    if "prefixItems" in made:
        made["prefixItems"] = [resolved(inner, definitions) for inner in made["prefixItems"]]
    return made
