"""Records that are large for their headers: counted by what they really take, so that none holds the others up."""

import asyncio

import orjson
import pytest

from schemas.topics import RAW
from tests.support.outage import drained
from tests.support.running_ingest import SIGNED_SOURCE, RunningIngest, StartIngest, records_of, signature
from tests.support.webhook_posts import read_status

POSTS = 300
ROUNDS = 3
HEADER_BYTES = 31_000
"""Of so many posts at once a batch gets more than a producer's batch holds (4 MiB and two of ours) where headers do not count."""

pytestmark = pytest.mark.timeout(180)


def event_of_one_message(number: int) -> bytes:
    """Return one of many events of the same message, which all go to one partition."""
    return orjson.dumps(
        {"event_id": f"evt-{number}", "event": "delivered", "message": {"id": "m-1"}, "connection": {"id": "conn-1"}}
    )


async def posted(running: RunningIngest, source: str, number: int) -> int:
    """Post one event with a header as large as ingest takes, and return the status."""
    body = event_of_one_message(number)
    own = "".join(f"{name}: {value}\r\n" for name, value in signature(body).items())
    head = f"POST /v1/webhooks/{source} HTTP/1.1\r\nhost: t\r\n{own}x-large: {'h' * HEADER_BYTES}\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    try:
        writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        return await asyncio.wait_for(read_status(reader), 30)
    finally:
        writer.close()


async def test_many_large_headers_at_once(broker: str, start_ingest: StartIngest, fresh_name: str) -> None:
    """Three hundred posts at once of one message, each with 31 KB to relay: all answered 204, all in the log, nothing dies."""
    sources = SIGNED_SOURCE.format(name=fresh_name).replace(
        f"[sources.{fresh_name}.auth]", f'relay = ["https://relay.example/hook"]\n[sources.{fresh_name}.auth]'
    )
    running = start_ingest(broker, sources)
    running.wait_for_kafka()
    for round_ in range(ROUNDS):
        numbers = range(round_ * POSTS, (round_ + 1) * POSTS)
        answers = await asyncio.gather(*(posted(running, fresh_name, number) for number in numbers))
        assert answers == [204] * POSTS
    await drained(running)
    records = await records_of(broker, RAW, fresh_name)
    assert {orjson.loads(record.value)["event_id"] for record in records} == {f"evt-{n}" for n in range(ROUNDS * POSTS)}
    assert all(len(dict(record.headers)["relay"]) > HEADER_BYTES for record in records)
    metrics = running.ask("/metrics").text
    assert "recibo_ingest_sender_failures_total 0.0" in metrics
    assert "recibo_ingest_refused_records_total 0.0" in metrics
    assert "discarded" not in running.log
