"""What the processors make of records that ingest wrote, and of ones it did not."""

from typing import Any

import pytest

from processors.batch import read_batch
from processors.understand import ParserOf
from schemas.event import Event, Unmapped
from schemas.providers import PROVIDERS
from schemas.record import SourceContext, encode_source
from tests.support.raw import WPP, Headers, event_record, headers, raw_record


def parser_of(context: SourceContext, offset: int) -> Any:
    """Every source's parser is WPP Marketing's."""
    return PROVIDERS["wpp_marketing"].parser(None)


def read(record: Any, by: ParserOf = parser_of) -> Any:
    """Return what a record says, or None where it is not processed."""
    understood = read_batch([record], by, lambda *_: False)
    return understood[0][3] if understood else None


SOURCE = encode_source(WPP)


@pytest.mark.parametrize(
    "given",
    [
        (),
        (("source", SOURCE),),
        (("request", b'["a",0,"single",1]'),),
        (("source", None), ("request", None)),
        (("source", b"\xff"), ("request", b'["a",0,"single",1]')),
        (("source", b"[]"), ("request", b'["a",0,"single",1]')),
        (("source", SOURCE), ("request", b"\xff")),
        (("source", SOURCE), ("request", b'["\xff",0,"single",1]')),
        (("source", SOURCE), ("request", b'["a",0,"single"]')),
        (("source", SOURCE), ("request", b'["a","x","single",1]')),
        (("source", SOURCE), ("request", b'["a",%d,"single",1]' % 2**70)),
        (("source", SOURCE), ("request", b'["a",0,"single",%d]' % 2**70)),
        (("source", SOURCE), ("request", b'["a",0,"single",-1]')),
        (("source", SOURCE), ("request", b'["a",' + b"9" * 5000 + b',"single",1]')),
    ],
)
def test_strange_headers_are_unmapped(given: Headers) -> None:
    """Headers that ingest does not write make a record unmapped; they stop nothing."""
    assert isinstance(read(raw_record(0, b"acme/m1", b"{}", given)), Unmapped)


def test_header_order_does_not_count() -> None:
    """The two headers are found in any order and among others."""
    record = event_record(0, "m1", "read")
    swapped = (("traceparent", b"x"), *reversed(record.headers))
    assert isinstance(read(raw_record(0, record.key, record.value, swapped)), Event)


def test_whole_bodies_are_not_read() -> None:
    """A body kept whole as evidence costs no parsing, and cannot stop the worker."""

    def breaking(_: SourceContext, _offset: int) -> Any:
        raise AssertionError("asked for the parser of a whole body")

    assert read(raw_record(0, b"r", b"{}", headers(kind="batch", index=-1)), breaking) is None


def test_other_key_is_unmapped() -> None:
    """An event under another key than its parser reads now would meet another state: it waits to be re-driven."""
    record = event_record(0, "m1", "read")
    assert isinstance(read(raw_record(0, b"acme/m2", record.value)), Unmapped)


@pytest.mark.parametrize(
    "value", [None, b"", b"\xff\xfe", b"[" * 100_000, b"[1]", b"1e400", b'{"event":' + b"9" * 5000]
)
def test_undecodable_bytes_are_unmapped(value: bytes | None) -> None:
    """Whatever the bytes are, the parser answers."""
    assert isinstance(read(raw_record(0, b"k", value)), Unmapped)
