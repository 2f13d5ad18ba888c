"""Large bodies are taken apart beside the event loop, and what they become is bounded."""

import asyncio
import sys
import time

import orjson

from ingest.endpoint import Endpoint, endpoints_of
from ingest.raw_records import PARTS_BYTES_MIN, raw_records
from ingest.splitting import SWITCH_S, Splitter, Taken, few_at_once, records_of
from schemas.providers.provider import Part
from schemas.sources import parse_sources
from tests.support.running_ingest import event_body

STALL_S_MAX = 0.1
JSON = "application/json"


def endpoint() -> Endpoint:
    sources = parse_sources('[sources.s]\nprovider = "wpp_marketing"\nauth = "none"\n', {})
    return endpoints_of(sources, body_bytes_max=3_000_000, workers=1, before={})["s"]


def taken(body: bytes) -> Taken:
    return Taken(
        endpoint=endpoint(),
        body=body,
        content_type=JSON,
        source_header=b"{}",
        request_id="0" * 32,
        received_at_ms=1,
        relay=None,
    )


async def longest_stall(splitter: Splitter, body: bytes) -> float:
    """Return the longest time that the event loop did not come round while a body was taken apart, in seconds."""
    working = asyncio.ensure_future(splitter.records(taken(body)))
    longest, at = 0.0, time.monotonic()
    while not working.done():
        await asyncio.sleep(0.001)
        now = time.monotonic()
        longest, at = max(longest, now - at), now
    assert len(await working) == 10_001
    return longest


async def test_ten_thousand_events_of_as_many_shapes_block_nobody() -> None:
    """While such a body is taken apart, the event loop comes round again within a tenth of a second, where a
    processor is free; in any case long before the body is done.
    """
    body = orjson.dumps([{**orjson.loads(event_body(number)), f"k{number}": 1} for number in range(10_000)])
    splitter, interval = Splitter(), sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    stalls = [await longest_stall(splitter, body) for _ in range(5)]
    sys.setswitchinterval(interval)
    splitter.close()
    began = time.monotonic()
    records_of(taken(body))
    at_once = time.monotonic() - began  # other tests have their share of the processor: so long would it have been here
    assert min(stalls) <= max(STALL_S_MAX, at_once / 3), stalls


def test_a_body_that_would_become_much_more_is_kept_whole() -> None:
    """Parts that repeat a large surrounding are not made: the body stays one record, byte for byte."""
    body = b"x" * 1_000
    parts = [Part(str(number), b"y" * 4_000) for number in range(PARTS_BYTES_MIN // 4_000 + 1)]
    made = [
        raw_records(
            account="a",
            source_header=b"",
            request_id="0" * 32,
            received_at_ms=1,
            body=body,
            parts=some,
            relay=None,
        )
        for some in (parts, parts[:100])
    ]
    assert [len(records) for records in made] == [1, 101]
    assert made[0][0].value == body


def test_many_records_are_appended_in_portions() -> None:
    """All of them, in their order, some hundreds at a time."""
    records = records_of(taken(b"[" + b",".join(event_body(number) for number in range(1_234)) + b"]"))
    portions = list(few_at_once(records))
    assert [record for portion in portions for record in portion] == records
    assert max(map(len, portions)) == 500
