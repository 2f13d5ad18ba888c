"""The OpenAPI 3.1 document, made of the questions, their parameters' types and the views' columns. It runs nothing.

Of our own: a row is described where it is published (`projections/clickhouse/views/columns.json`), a parameter where it is
read, so that a decorator a route or a class a row would say both a second time.
"""

from typing import Final

from schemas.access import ROLES
from serving.api.openapi_parts import PREFIX, Document, in_path, in_query, reference, refusals, responses
from serving.api.openapi_writes import with_writes
from serving.api.problems import KINDS
from serving.queries.catalogue import QUESTIONS
from serving.queries.columns import published, row_schema, schema_of_rows
from serving.queries.parameters import FORMATS, NUMBERS, Text
from serving.queries.payloads import RequestId
from serving.queries.question import Question

VERSION: Final = "1.0.0"
_STREAMED: Final = {
    "text/csv": {"schema": {"type": "string"}},
    "application/jsonl": {"schema": {"type": "string"}},
    "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
}
assert len(_STREAMED) == len(FORMATS) - 1


def document() -> Document:
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
        "paths": {**with_writes(paths), **_of_one()},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "`recibo token create`"}},
            "schemas": {"Problem": _problem(), **{_row(q): schema_of_rows(q) for q in QUESTIONS}, **_message_schemas()},
            "responses": {str(status): refusals(status) for status in sorted({k.status for k in KINDS.values()})},
        },
    }


def _list(question: Question) -> Document:
    page = {
        "type": "object",
        "properties": {
            "data": {"type": "array", "items": reference(_row(question))},
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
        "parameters": [in_query(one) for one in question.parameters],
        "responses": responses({"application/json": {"schema": page}, **_STREAMED}),
    }


def _of_one() -> Document:
    """Return the paths about one message or request."""
    named = [in_path("account", Text), in_path("message_id", Text)]
    payloads = {
        "type": "object",
        "properties": {"data": {"type": "array", "items": reference("Payload")}},
        "required": ["data"],
    }
    return {
        f"{PREFIX}/messages/{{account}}/{{message_id}}": {
            "get": {
                "operationId": "message",
                "summary": "One message by any id it goes by, all that came about it, and what to tell whom",
                "parameters": [*named, in_query(NUMBERS)],
                "responses": responses({"application/json": {"schema": reference("MessageAnswer")}}, may_lack=True),
            }
        },
        f"{PREFIX}/payloads/{{account}}/{{message_id}}": {
            "get": {
                "operationId": "payloads_of_message",
                "summary": "The bytes of the requests that said something of a message. Needs the scope payloads; each look is noted",
                "parameters": named,
                "responses": responses({"application/json": {"schema": payloads}}, may_lack=True),
            }
        },
        f"{PREFIX}/requests/{{request_id}}/payloads": {
            "get": {
                "operationId": "payloads_of_request",
                "summary": "The bytes that came with a request. Needs the scope payloads; each look is noted",
                "parameters": [in_path("request_id", RequestId)],
                "responses": responses({"application/json": {"schema": payloads}}, may_lack=True),
            }
        },
    }


def _message_schemas() -> Document:
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
        "sends": {"type": "array", "items": row_schema("sends_found", list(columns["sends_found"]))},
        "connection": {"enum": ["open", "closed", "unknown"], "description": "Of the number that sent it, now"},
        "sentences": {"type": "object", "properties": {"en": said, "pt": said}, "required": ["en", "pt"]},
    }
    return {
        "MessageAnswer": {"type": "object", "properties": answer, "required": list(answer)},
        "Payload": {"type": "object", "properties": payload, "required": list(payload)},
    }


def _problem() -> Document:
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


def _row(question: Question) -> str:
    return "".join(word.capitalize() for word in question.name.split("-")) + "Row"
