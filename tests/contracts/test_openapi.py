"""The API's document: a change of it is looked at, and one that breaks a client fails.

`RECIBO_PUBLISH_OPENAPI=1 pytest` of this file writes what is there now to `tests/contracts/golden/openapi.json`.
"""

import copy
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from serving.api.openapi import document

GOLDEN: Final = Path(__file__).parent / "golden" / "openapi.json"
Document = dict[str, Any]


def current() -> Document:
    """Return the document as a client gets it."""
    import msgspec  # noqa: PLC0415 - dates in it become texts

    read: Document = json.loads(msgspec.json.encode(document()))
    return read


def resolved(node: Any, whole: Document) -> Any:
    """Return a node with what its references lead to in their place."""
    if isinstance(node, dict):
        if "$ref" in node:
            found: Any = whole
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            return resolved(found, whole)
        return {name: resolved(value, whole) for name, value in node.items()}
    return [resolved(value, whole) for value in node] if isinstance(node, list) else node


def breaking(old: Document, new: Document) -> Iterator[str]:
    """Yield what of `new` breaks a client of `old`."""
    old_paths, new_paths = resolved(old["paths"], old), resolved(new["paths"], new)
    for path, methods in old_paths.items():
        for method, operation in methods.items():
            now = new_paths.get(path, {}).get(method)
            if now is None:
                yield f"{method} {path} is gone"
                continue
            yield from _parameters(path, operation, now)
            yield from _answers(path, operation, now)
            yield from _bodies(path, operation, now)


def _parameters(path: str, old: Document, new: Document) -> Iterator[str]:
    before = {p["name"]: p for p in old["parameters"]}
    after = {p["name"]: p for p in new["parameters"]}
    yield from (f"{path}: {name} is gone" for name in before.keys() - after.keys())
    for name, parameter in after.items():
        known = before.get(name)
        if parameter.get("required") and not (known or {}).get("required"):
            yield f"{path}: {name} is required now"
        if known and known["schema"] != parameter["schema"]:
            was, now = known["schema"], parameter["schema"]
            if set(was.get("enum", ())) - set(now.get("enum", was.get("enum", ()))) or was.get("type") != now.get(
                "type"
            ):
                yield f"{path}: {name} takes less"


def _answers(path: str, old: Document, new: Document) -> Iterator[str]:
    yield from (f"{path}: {status} is gone" for status in old["responses"].keys() - new["responses"].keys())
    for status in (s for s in old["responses"] if s.startswith("2") and s in new["responses"]):
        was, now = old["responses"][status]["content"], new["responses"][status]["content"]
        yield from (f"{path}: {kind} is gone" for kind in was.keys() - now.keys())
        yield from _fields(path, was["application/json"]["schema"], now["application/json"]["schema"])


def _bodies(path: str, old: Document, new: Document) -> Iterator[str]:
    was, now = (one.get("requestBody", {}).get("content", {}) for one in (old, new))
    if now and not was:
        yield f"{path}: a body is wanted now"
    for kind, body in was.items():
        before, after = body["schema"], now.get(kind, {}).get("schema", {})
        yield from (
            f"{path}: {name} may no more be sent"
            for name in before["properties"].keys() - after.get("properties", {}).keys()
        )
        yield from (
            f"{path}: {name} has to be sent now"
            for name in set(after.get("required", ())) - set(before.get("required", ()))
        )


def _fields(where: str, old: Document, new: Document) -> Iterator[str]:
    if old.get("type") != new.get("type"):
        yield f"{where}: {old.get('type')} became {new.get('type')}"
    for name, field in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            yield f"{where}.{name} is gone"
        else:
            yield from _fields(f"{where}.{name}", field, new["properties"][name])
    if "items" in old:
        yield from _fields(f"{where}[]", old["items"], new.get("items", {}))


def test_the_document_is_as_published_and_breaks_nobody() -> None:
    """The document is the golden one; what is changed on purpose must break no client, and is written down."""
    now = current()
    if GOLDEN.exists():
        assert not list(breaking(json.loads(GOLDEN.read_text(encoding="utf-8")), now))
    if os.environ.get("RECIBO_PUBLISH_OPENAPI"):
        GOLDEN.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
    assert now == json.loads(GOLDEN.read_text(encoding="utf-8")), "RECIBO_PUBLISH_OPENAPI=1 pytest of this file"


@pytest.mark.parametrize("what", ["path", "parameter", "required", "field", "type", "format", "body", "duty"])
def test_what_breaks_a_client_is_seen(what: str) -> None:
    """A path, parameter, column, format or part of a body that is gone, a new duty and another type are each found."""
    old, new = current(), copy.deepcopy(current())
    messages = new["paths"]["/api/v1/messages"]["get"]
    row = new["components"]["schemas"]["MessagesRow"]["properties"]
    batch = new["paths"]["/api/v1/sends"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    if what == "path":
        del new["paths"]["/api/v1/funnel"]
    elif what == "parameter":
        messages["parameters"] = [p for p in messages["parameters"] if p["name"] != "campaign"]
    elif what == "required":
        messages["parameters"].append({"name": "why", "in": "query", "required": True, "schema": {"type": "string"}})
    elif what == "field":
        del row["recipient"]
    elif what == "body":
        del batch["properties"]["role"]
    elif what == "duty":
        batch["required"].append("role")
    elif what == "type":
        row["status"] = {"type": "integer"}
    else:
        del messages["responses"]["200"]["content"]["text/csv"]
    assert not list(breaking(old, copy.deepcopy(old)))
    assert list(breaking(old, new))


def test_every_schema_in_it_is_one() -> None:
    """Every schema of the document is a JSON Schema of its draft, and every reference leads somewhere."""
    whole = current()
    schemas = resolved(whole["components"]["schemas"], whole)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    resolved(whole["paths"], whole)
