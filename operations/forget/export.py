"""`recibo export`: everything held about a person, as one JSON document, a row at a time, with where each part is."""

import base64
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

import msgspec
from clickhouse_connect.driver.client import Client

from operations.forget.found import Person
from operations.forget.report import Part, as_documents, wheres
from schemas.erasure import ErasureKey

_ROWS_AT_ONCE: Final = 10_000


def document(client: Client, store: str, person: Person, parts: list[Part], key: ErasureKey) -> Iterator[bytes]:
    """Yield the document's bytes, part by part: it is never whole in memory.

    Args:
        client: of the engine.
        store: database of the tables.
        person: whose.
        parts: what is held, and where.
        key: what messages are hashed with.

    Raises:
        ClickHouseError: the engine does not answer.
    """
    head = {
        "names": [{"kind": kind, "value": value} for kind, value in person.names.identities],
        "messages": [{"account": account, "message_id": id_} for account, id_ in person.messages],
        "held": as_documents(parts),
        "unclear_messages": person.unclear,
    }
    yield msgspec.json.encode(head)[:-1] + b',"rows":{'
    for number, (table, where) in enumerate(wheres(store, person, key).items()):
        yield (b"," if number else b"") + msgspec.json.encode(table) + b":["
        yield from _rows(client, f"SELECT * FROM {store}.{table} FINAL WHERE {where}")  # noqa: S608 - texts are quoted
        yield b"]"
    yield b"}}\n"


def _rows(client: Client, text: str) -> Iterator[bytes]:
    is_first = True
    with client.query_row_block_stream(text, column_formats={"payload": "bytes", "value": "bytes"}) as blocks:
        names = blocks.source.column_names
        for block in blocks:
            for row in block:
                yield (b"" if is_first else b",") + encode_row(dict(zip(names, row, strict=True)))
                is_first = False


def encode_row(row: Mapping[str, Any]) -> bytes:
    """Return a row as JSON: times in ISO 8601; bytes as text where they are UTF-8, else in base64. Pure."""
    return msgspec.json.encode({name: _plain(value) for name, value in row.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
