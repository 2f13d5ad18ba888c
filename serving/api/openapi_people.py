"""The OpenAPI document's paths about one person. It runs nothing."""

from typing import Final

from serving.api.openapi_parts import PREFIX, RATE, Document, json_answer, json_body, responses
from serving.api.people import Forgotten, HeldBack, Named

_STATE: Final = {
    "enum": ["running", "failed", "idle"],
    "description": "Of a forgetting by the process that answers: under way, ended with an error, or neither",
}
_NEEDS: Final = "Needs the scope privacy and a token of all accounts; noted before it is answered"


def of_people() -> Document:
    """Return the paths."""
    people = f"{PREFIX}/people"
    return {
        f"{people}/look": {"post": _look()},
        f"{people}/export": {"post": _export()},
        f"{people}/forget": {"post": _forget()},
        f"{people}/hold": {"post": _hold()},
    }


def _look() -> Document:
    text: Document = {"type": "string"}
    count: Document = {"type": "integer", "minimum": 0}
    name = {"type": "object", "properties": {"kind": text, "value": text}, "required": ["kind", "value"]}
    part: Document = {
        "place": text,
        "rows": count,
        "first_ms": {"type": "integer"},
        "last_ms": {"type": "integer"},
        "ends_ms": {"type": "integer", "description": "When it is gone by itself, UTC ms; 0: at once, by a forgetting"},
        "why": text,
    }
    told: Document = {
        "names": {"type": "array", "items": name},
        "messages": count,
        "unclear_messages": {**count, "description": "To a number of two readings: they are left"},
        "held_back": {"type": "string", "description": "Why the person must not be forgotten"},
        "parts": {"type": "array", "items": {"type": "object", "properties": part, "required": list(part)}},
        "state": _STATE,
        "why": {
            "type": "string",
            "description": "What a forgetting that failed met; asked for again, it goes on from there",
        },
    }
    return {
        "operationId": "person_look",
        "summary": f"What is held of a person, where, and when each part ends. {_NEEDS}",
        "parameters": [],
        "requestBody": json_body(Named),
        "responses": {**_refused(), "200": {"description": "The answer", "headers": RATE, **json_answer(told)}},
    }


def _export() -> Document:
    answer = {
        "description": "One JSON document",
        "headers": RATE,
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
    return {
        "operationId": "person_export",
        "summary": f"Everything held about a person, row by row. {_NEEDS}",
        "parameters": [],
        "requestBody": json_body(Named),
        "responses": {**_refused(), "200": answer},
    }


def _forget() -> Document:
    answer = {
        "description": "Begun, or under way: /people/look says how it stands",
        "headers": RATE,
        **json_answer({"state": _STATE}),
    }
    return {
        "operationId": "person_forget",
        "summary": f"Forget a person; it cannot be undone. {_NEEDS}",
        "parameters": [],
        "requestBody": json_body(Forgotten),
        "responses": {**_refused(), "202": answer},
    }


def _hold() -> Document:
    answer = {"description": "Noted", "headers": RATE, **json_answer({"reason": {"type": ["string", "null"]}})}
    return {
        "operationId": "person_hold",
        "summary": f"Hold a person back from being forgotten, as in a dispute; without a reason: no more. {_NEEDS}",
        "parameters": [],
        "requestBody": json_body(HeldBack),
        "responses": {**_refused(), "200": answer},
    }


def _refused() -> Document:
    found = {status: answer for status, answer in responses({}, writes=True).items() if status != "200"}
    return {**found, "409": {"$ref": "#/components/responses/409"}}
