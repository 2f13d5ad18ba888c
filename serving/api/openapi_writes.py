"""The OpenAPI document's paths that are written to. It runs nothing."""

import msgspec

from reconciliation.read.batch import TAGS
from reconciliation.read.columns import fields
from schemas.send import ROLES as ROLES_OF_SENDS
from schemas.send import TAGS_MAX
from serving.api.openapi_parts import PREFIX, RATE, Document, in_path, json_answer, json_body, responses
from serving.api.openapi_people import of_people
from serving.api.reconciliations import RunId, Said, Wanted
from serving.api.sends import KEY_HEADER, Key, SendBatch
from serving.queries.parameters import Text


def with_writes(paths: Document) -> Document:
    """Return paths with what may be written to them."""
    sends, runs = f"{PREFIX}/sends", f"{PREFIX}/reconciliations"
    one = f"{runs}/{{account}}/{{run}}"
    return {
        **paths,
        **of_people(),
        sends: {**paths[sends], "post": _keep_sends()},
        runs: {**paths[runs], "post": _reconcile()},
        one: {"get": _reconciliation()},
        f"{one}/acknowledgements": {"post": _acknowledge()},
    }


def _keep_sends() -> Document:
    tags = {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": TAGS_MAX}
    one = {
        "type": "object",
        "properties": {**{name: {"type": ["string", "number", "null"]} for name in fields()}, TAGS: tags},
        "additionalProperties": False,
        "description": "At least one of message_id, reference and recipient (of an invoice, else quantity or amount); period, and a "
        "quantity other than 1, of an invoice alone. Values are read as those of a file: ids and numbers best as texts. A text of a message is refused.",
    }
    batch = msgspec.json.schema(SendBatch)["$defs"]["SendBatch"]
    batch["properties"]["sends"]["items"] = one
    kept = {
        "account": {"type": "string"},
        "manifest": {
            "type": "string",
            "description": "What the rows belong to: `key:` and the key, else the body's SHA-256",
        },
        "role": {"enum": list(ROLES_OF_SENDS)},
        "rows": {"type": "integer", "minimum": 0},
        "was_known": {"type": "boolean", "description": "They were kept before, and nothing was written"},
    }
    answer = {"type": "object", "properties": kept, "required": list(kept)}
    answered = {"headers": RATE, "content": {"application/json": {"schema": answer}}}
    return {
        "operationId": "keep_sends",
        "summary": "Keep a batch of sends, whole or nothing of it, and answer when the tables have it. Needs the scope reconcile",
        "parameters": [
            {
                "name": KEY_HEADER,
                "in": "header",
                "description": "The same key and body again keep nothing twice; another body is refused. Without: the body is its own key",
                "schema": msgspec.json.schema(Key),
            }
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": batch}}},
        "responses": {
            "201": {"description": "They are kept", **answered},
            **_refused(),
            "200": {"description": "They were kept before", **answered},
        },
    }


_RUN: Document = {
    "account": {"type": "string"},
    "run": {"type": "string"},
    "state": {"enum": ["running", "finished", "failed"]},
}


def _reconcile() -> Document:
    answered = {"description": "It is being made; ask the place that Location names how it stands", **json_answer(_RUN)}
    answered["headers"] = {**RATE, "Location": {"schema": {"type": "string"}}}
    said = "Compare manifests of sends with what came back: begun, and followed by its id. Needs the scope reconcile"
    return {
        "operationId": "reconcile",
        "summary": said,
        "parameters": [],
        "requestBody": json_body(Wanted),
        "responses": {**_refused(), "202": answered},
    }


def _reconciliation() -> Document:
    more: Document = {
        "why": {"type": "string", "description": "What ended it, where it failed"},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}, "description": "Rows by class"},
        "record": {"type": ["object", "null"], "description": "All that was asked and counted, where it is finished"},
    }
    return {
        "operationId": "reconciliation",
        "summary": "How a reconciliation stands, and all of it once it is finished. Needs the scope reconcile",
        "parameters": _in_its_path(),
        "responses": {
            **responses({}, may_lack=True),
            "200": {"description": "The answer", "headers": RATE, **json_answer({**_RUN, **more})},
        },
    }


def _acknowledge() -> Document:
    return {
        "operationId": "acknowledge",
        "summary": "Say of differences why they are all right, or no more: later reconciliations say so beside them",
        "parameters": _in_its_path(),
        "requestBody": json_body(Said),
        "responses": {
            **responses({}, may_lack=True, writes=True),
            "200": {
                "description": "How many differences it was said of",
                "headers": RATE,
                **json_answer({"acknowledged": {"type": "integer"}}),
            },
        },
    }


def _in_its_path() -> list[Document]:
    return [in_path("account", Text), in_path("run", RunId)]


def _refused() -> Document:
    return {status: answer for status, answer in responses({}, writes=True).items() if status != "200"}
