"""The mapping language as a JSON Schema, so that editors complete and check `recibo.toml`.

Published as `schemas/published/recibo.toml.json`; `python -m schemas.providers.mapping_schema` writes it anew.
"""

import json
import sys
from typing import Any, Final

from schemas.error_category import ACTIONS, TABLES
from schemas.providers.mapping import FIELDS, STATUSES

_PATH: Final = (
    "Where it is: keys with dots between, [] after an array for each of its elements, as in "
    "entry[].changes[].value.statuses[].id. It is looked for in the event first, then in what surrounds it."
)


def _texts(description: str) -> dict[str, Any]:
    texts = {"type": "array", "items": {"type": "string"}}
    return {"description": description, "anyOf": [{"type": "string"}, texts]}


def _lists(description: str, keys: tuple[str, ...], each: str) -> dict[str, Any]:
    properties = {key: _texts(each) for key in keys}
    return {"type": "object", "description": description, "properties": properties, "additionalProperties": False}


def _condition() -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["path"],
        "oneOf": [{"required": ["status"]}, {"required": ["ignored"]}],
        "properties": {
            "path": {"type": "string", "description": _PATH},
            "equals": {
                "type": ["boolean", "integer", "string"],
                "description": "What has to stand there; left out: anything but null, false and what is empty",
            },
            "status": {"enum": list(STATUSES), "description": "The status that holds then"},
            "ignored": {"type": "string", "description": "What the body is then, instead of a status"},
            "time": _texts("Where this status's own time is"),
        },
    }


def mapping_schema() -> dict[str, Any]:
    """Return the schema of `[sources.NAME.mapping]`."""
    properties = {
        "paths": _lists("Field → where it is, in order; the first value that can be used wins", FIELDS, _PATH),
        "words": _lists("Status → the provider's words for it, case, accents and punctuation aside", STATUSES, "Words"),
        "ignored": {
            "type": "object",
            "description": "What it is instead of a status (inbound_message, presence, …) → words that say so",
            "additionalProperties": _texts("Words"),
        },
        "items": _texts("The arrays of events. Those that ids and statuses lie in need no entry"),
        "time_zone": {"type": "string", "description": "IANA zone of times without one, as America/Sao_Paulo"},
        "time_formats": _texts("How times are written where they are not read by themselves, as %d.%m.%Y %H:%M"),
        "when": {
            "type": "array",
            "description": "Statuses told by a field's being there, true, or equal to something; the highest wins",
            "items": _condition(),
        },
        "codes": _lists("Category → the provider's error codes", tuple(ACTIONS), "Codes"),
        "codes_of": {"enum": list(TABLES), "description": "A provider whose error codes these are"},
    }
    return {"type": "object", "additionalProperties": False, "properties": properties}


def document() -> dict[str, Any]:
    """Return the schema as it is published: of a `recibo.toml`, whose other keys it leaves open."""
    source = {"type": "object", "properties": {"mapping": mapping_schema()}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:recibo:recibo.toml",
        "title": "recibo.toml: sources and their mappings",
        "type": "object",
        "properties": {"sources": {"type": "object", "additionalProperties": source}},
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(), indent=2, ensure_ascii=False) + "\n")
