"""Whatever stands in the raw log is set aside or bounded, and the stream continues."""

import json

import pytest

from schemas.topics import Topics
from tests.faults.processors.raw_log import TopicReader
from tests.faults.processors.scene import Scene
from tests.faults.processors.traffic import START_MS, RawRecord
from tests.integration.processors.conftest import MakeWorker
from tests.support.raw import event_record, headers, raw_record

PARTITIONS = 2
EVENTS_OF_ONE_MESSAGE = 100_000
MEBIBYTE = 1024 * 1024
GOOD_HEADERS = [(name, value or b"") for name, value in headers()]
ABSURD_TIMES = (0, -1, 1, 2**62, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "yesterday", 1e300, START_MS * 1000)
STRANGE = [
    RawRecord(b"k", b"\xff\xfe", GOOD_HEADERS, START_MS),
    RawRecord(b"k", b"[" * 100_000, GOOD_HEADERS, START_MS),
    RawRecord(b"k", b'{"event":' + b"9" * 5000 + b"}", GOOD_HEADERS, START_MS),
    RawRecord(b"k", b"\x00" * MEBIBYTE, GOOD_HEADERS, START_MS),
    RawRecord(b"k", None, GOOD_HEADERS, START_MS),
    RawRecord(None, b"{}", GOOD_HEADERS, START_MS),
    RawRecord(None, None, [], START_MS),
    RawRecord(b"", b"", [], START_MS),
    RawRecord(b"k", b"{}", [("source", b"{}"), ("request", b"::::")], START_MS),
    RawRecord(b"k", b"{}", [("request", b'["a",%d,"single",1]' % 2**70), *GOOD_HEADERS[:1]], START_MS),
]


def taken(record: object, **_: object) -> RawRecord:
    """Return a record in memory as one to append."""
    return RawRecord(record.key, record.value, list(record.headers), record.timestamp)  # type: ignore[attr-defined]


@pytest.mark.timeout(400)
async def test_the_stream_goes_on(kafka_bootstrap: str, make_worker: MakeWorker) -> None:
    """Undecodable, huge, absurd and endless input leaves one outcome a record, one bounded state, and no dead worker."""
    flood = [
        taken(event_record(n, "flood", "read", event_id=f"f{n}", occurred_at=START_MS - n)) for n in range(100)
    ] * (EVENTS_OF_ONE_MESSAGE // 100 // 2) + [
        taken(event_record(n, "flood", "read", event_id=f"g{n}", occurred_at=START_MS - n))
        for n in range(EVENTS_OF_ONE_MESSAGE // 2)
    ]
    absurd = [taken(event_record(n, f"absurd-{n}", "read", occurred_at=at)) for n, at in enumerate(ABSURD_TIMES)]
    huge = [taken(event_record(n, "huge", "read", event_id=f"h{n}", meta="x" * MEBIBYTE)) for n in range(5)]
    huge += [
        taken(raw_record(0, b"acme/huge-id", json.dumps({"event": "read", "message_id": "m" * MEBIBYTE}).encode()))
    ]
    last = [taken(event_record(0, f"after-{n}", "read")) for n in range(4)]
    async with Scene(kafka_bootstrap, seed=1, partitions=PARTITIONS) as scene:
        topics = Topics(scene.generation)
        reader = TopicReader(kafka_bootstrap, (topics.message_events, topics.set_aside), PARTITIONS)
        states = TopicReader(kafka_bootstrap, (topics.message_state,), PARTITIONS)
        worker = make_worker(scene)
        await reader.start()
        await states.start()
        try:
            appended = [*STRANGE, *absurd, *huge, *flood, *last]
            await scene.append(appended)
            worker.start()
            await scene.until_ended_or_done(worker)
            assert worker.end() == 0, worker.log_tail()
            found = [json.loads(record.value) for record in await reader.read()]
            values = {record.key: record.value for record in await states.read()}
        finally:
            await reader.stop()
            await states.stop()
    assert len(found) == len(appended)
    unmapped = [d for d in found if d.get("outcome") == "unmapped"]
    assert len(unmapped) == len(STRANGE) + 1, "what is strange, and an id too long to be one"
    state = json.loads(values[b"acme/flood"])
    assert len(state["_"][2]) == 64
    assert len(values[b"acme/flood"]) < 8192
    assert state["first_at_ms"] == {"read": START_MS - EVENTS_OF_ONE_MESSAGE // 2 + 1}
    assert max(len(value) for value in values.values()) < 8192
    assert {f"acme/after-{n}".encode() for n in range(4)} <= values.keys()
    for number, _ in enumerate(ABSURD_TIMES):
        at_ms = json.loads(values[f"acme/absurd-{number}".encode()])["first_at_ms"]["read"]
        assert at_ms == START_MS, f"{ABSURD_TIMES[number]}: {at_ms}"
