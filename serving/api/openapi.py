"""The OpenAPI 3.1 document, made of the questions, their parameters' types and the views' columns. It runs nothing.

Of our own: a row is described where it is published (`projections/clickhouse/views/columns.json`), a parameter where it is
read, so that a decorator a route or a class a row would say both a second time.
"""

from typing import Any, Final

import msgspec

from reconciliation.read.batch import TAGS
from reconciliation.read.columns import fields
from schemas.access import ROLES, Scope
from schemas.send import ROLES as ROLES_OF_SENDS
from schemas.send import TAGS_MAX
from serving.api.problems import KINDS, MEDIA_TYPE
from serving.api.sends import KEY_HEADER, Key, SendBatch
from serving.queries.catalogue import QUESTIONS
from serving.queries.columns import published, row_schema, schema_of_rows
from serving.queries.parameters import FORMATS, NUMBERS, Text
from serving.queries.payloads import RequestId
from serving.queries.question import Parameter, Question

PREFIX: Final = "/api/v1"
VERSION: Final = "1.0.0"
_Document = dict[str, Any]
_STREAMED: Final = {
    "text/csv": {"schema": {"type": "string"}},
    "application/jsonl": {"schema": {"type": "string"}},
    "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
}
assert len(_STREAMED) == len(FORMATS) - 1
_OF_BODIES: Final = {413, 415}
_RATE: Final = {
    "X-Request-Id": {"description": "The caller's own, or one of ours", "schema": {"type": "string"}},
    "RateLimit": {"description": "What is left to the token", "schema": {"type": "string"}},
    "RateLimit-Policy": {"description": "What a token may ask", "schema": {"type": "string"}},
}


def document() -> _Document:
    """Return the document."""
    paths = {f"{PREFIX}/{question.name}": {"get": _list(question)} for question in QUESTIONS}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Recibo",
            "version": VERSION,
            "description": "What became of messages. Roles: "
            + "; ".join(f"{name}: {role.meaning}" for name, role in ROLES.items()),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"token": []}],
        "paths": {**_with_posts(paths), **_of_one()},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "`recibo token create`"}},
            "schemas": {"Problem": _problem(), **{_row(q): schema_of_rows(q) for q in QUESTIONS}, **_message_schemas()},
            "responses": {str(status): _refusals(status) for status in sorted({k.status for k in KINDS.values()})},
        },
    }


def _list(question: Question) -> _Document:
    page = {
        "type": "object",
        "properties": {
            "data": {"type": "array", "items": _reference(_row(question))},
            "total": {"type": "integer", "minimum": 0, "description": "Rows of the list, counted with the page"},
            "as_of": {
                "type": ["string", "null"],
                "format": "date-time",
                "description": "The list has what was received then",
            },
            "next": {"type": ["string", "null"], "description": "Cursor of the next page"},
            "previous": {"type": ["string", "null"], "description": "Cursor of the page before"},
        },
        "required": ["data", "total", "as_of", "next", "previous"],
    }
    return {
        "operationId": question.name.replace("-", "_"),
        "summary": question.summary,
        "parameters": [_parameter(parameter) for parameter in question.parameters],
        "responses": _responses({"application/json": {"schema": page}, **_STREAMED}),
    }


def _parameter(parameter: Parameter) -> _Document:
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


def _with_posts(paths: _Document) -> _Document:
    """Return the paths with what may be written to them."""
    path = f"{PREFIX}/sends"
    return {**paths, path: {**paths[path], "post": _keep_sends()}}


def _keep_sends() -> _Document:
    tags = {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": TAGS_MAX}
    one = {
        "type": "object",
        "properties": {**{name: {"type": ["string", "number", "null"]} for name in fields()}, TAGS: tags},
        "additionalProperties": False,
        "description": "At least one of message_id, reference and recipient (of an invoice, else quantity or amount). Values are "
        "read as those of a file: ids and numbers best as texts. A text of a message is refused.",
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
    answered = {"headers": _RATE, "content": {"application/json": {"schema": answer}}}
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
            **_responses({}, writes=True),
            "200": {"description": "They were kept before", **answered},
        },
    }


def _of_one() -> _Document:
    """Return the paths about one message or request."""
    named = [_in_path("account", Text), _in_path("message_id", Text)]
    payloads = {
        "type": "object",
        "properties": {"data": {"type": "array", "items": _reference("Payload")}},
        "required": ["data"],
    }
    return {
        f"{PREFIX}/messages/{{account}}/{{message_id}}": {
            "get": {
                "operationId": "message",
                "summary": "One message by any id it goes by, all that came about it, and what to tell whom",
                "parameters": [*named, _parameter(NUMBERS)],
                "responses": _responses({"application/json": {"schema": _reference("MessageAnswer")}}, may_lack=True),
            }
        },
        f"{PREFIX}/payloads/{{account}}/{{message_id}}": {
            "get": {
                "operationId": "payloads_of_message",
                "summary": "The bytes of the requests that said something of a message. Needs the scope payloads; each look is noted",
                "parameters": named,
                "responses": _responses({"application/json": {"schema": payloads}}, may_lack=True),
            }
        },
        f"{PREFIX}/requests/{{request_id}}/payloads": {
            "get": {
                "operationId": "payloads_of_request",
                "summary": "The bytes that came with a request. Needs the scope payloads; each look is noted",
                "parameters": [_in_path("request_id", RequestId)],
                "responses": _responses({"application/json": {"schema": payloads}}, may_lack=True),
            }
        },
    }


def _in_path(name: str, kind: Any) -> _Document:
    return {"name": name, "in": "path", "required": True, "schema": msgspec.json.schema(kind)}


def _message_schemas() -> _Document:
    said = {"type": "object", "properties": {whom: {"type": "string"} for whom in ("support", "customer")}}
    columns = published()
    times = {name: {"type": "string", "format": "date-time"} for name in ("received_at", "at")}
    texts = ("request_id", "kind", "source", "account", "provider", "content_type")
    payload = {
        **times,
        **{name: {"type": "string"} for name in texts},
        "event_index": {"type": "integer", "description": "Which event of the body; -1: the whole body of several"},
        "bytes": {"type": "integer", "minimum": 0},
        "is_text": {"type": "integer", "description": "1: body is the text; 0: it is base64"},
        "body": {"type": "string"},
    }
    answer = {
        "message": row_schema("messages", list(columns["messages"])),
        "timeline": {"type": "array", "items": row_schema("timeline", list(columns["timeline"]))},
        "connection": {"enum": ["open", "closed", "unknown"], "description": "Of the number that sent it, now"},
        "sentences": {"type": "object", "properties": {"en": said, "pt": said}, "required": ["en", "pt"]},
    }
    return {
        "MessageAnswer": {"type": "object", "properties": answer, "required": list(answer)},
        "Payload": {"type": "object", "properties": payload, "required": list(payload)},
    }


def _problem() -> _Document:
    texts = {name: {"type": "string"} for name in ("title", "detail", "request_id")}
    wrong = {"parameter": {"type": "string"}, "detail": {"type": "string"}}
    properties = {
        "type": {"enum": [f"urn:recibo:problem:{name}" for name in KINDS]},
        "status": {"type": "integer"},
        **texts,
        "errors": {
            "type": "array",
            "items": {"type": "object", "properties": wrong, "required": list(wrong)},
            "description": "What is wrong with which parameter",
        },
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _refusals(status: int) -> _Document:
    kinds = [kind for kind in KINDS.values() if kind.status == status]
    headers = {"X-Request-Id": _RATE["X-Request-Id"]}
    if any(kind.retry_after_s for kind in kinds):
        headers["Retry-After"] = {"description": "Seconds to wait", "schema": {"type": "integer"}}
    return {
        "description": "; ".join(f"{kind.name}: {kind.title}" for kind in kinds),
        "headers": headers,
        "content": {MEDIA_TYPE: {"schema": _reference("Problem")}},
    }


def _responses(content: _Document, *, may_lack: bool = False, writes: bool = False) -> _Document:
    never = {405} | (set() if may_lack else {404}) | (set() if writes else _OF_BODIES)
    statuses = sorted({kind.status for kind in KINDS.values()} - never)
    return {
        "200": {"description": "The answer", "headers": _RATE, "content": content},
        **{str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses},
    }


def _row(question: Question) -> str:
    return "".join(word.capitalize() for word in question.name.split("-")) + "Row"


def _reference(name: str) -> _Document:
    return {"$ref": f"#/components/schemas/{name}"}
