"""The whole line under things that a provider does."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from runtime.clickhouse.client import connect
from schemas.record import decode_request
from schemas.topics import RAW, Topics
from tests.differential.live import whole_topic
from tests.faults.matrix.size import first_seed
from tests.support.line import Line, running_line
from tests.support.polling import until

TIMES = 100


@pytest.fixture
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """A whole line of the test's own."""
    with running_line(tmp_path_factory.mktemp("line")) as running:
        yield running


@pytest.mark.long_fault
@pytest.mark.timeout(180)
async def test_the_same_post_a_hundred_times(line: Line) -> None:
    """A hundred concurrent posts of one body: a hundred records, each of its events published once, each message counted once."""
    traffic = line.traffic(100, first_seed())
    post = next(post for post in traffic.posts if post.refusal is None and len(post.elements) == 1)
    path, headers = post.request()
    async with httpx.AsyncClient(base_url=line.deployment.url, limits=httpx.Limits(max_connections=TIMES)) as client:
        answers = await asyncio.gather(
            *(client.post(path, content=post.body, headers=headers, timeout=30) for _ in range(TIMES))
        )
    assert {answer.status_code for answer in answers} <= {200, 204}
    kafka, topics = line.deployment.kafka.bootstrap_servers, Topics(line.deployment.generation)
    raw = [decode_request(dict(record.headers)["request"]) for record in await whole_topic(kafka, RAW)]
    assert len({stamp.request_id for stamp in raw}) == len(raw) == TIMES
    clickhouse = connect(line.deployment.clickhouse)

    async def are_there() -> bool:
        text = "SELECT sum(to_process), sum(without_outcome) FROM recibo.completeness"
        return tuple((await asyncio.to_thread(clickhouse.query, text)).result_rows[0]) == (TIMES, 0)

    await until(are_there, "every outcome in the tables", s_max=60)
    events = [
        record
        for topic in (topics.message_events, topics.connection_events)
        for record in await whole_topic(kafka, topic)
    ]
    aside = await whole_topic(kafka, topics.set_aside)
    assert len(events) + len(aside) == TIMES
    assert len(events) <= 1
    if events and b'"message_id":""' not in events[0].value:
        assert (
            clickhouse.query("SELECT count() FROM recibo.messages").result_rows[0][0]
            == await _messages(kafka, topics)
            <= 1
        )
    clickhouse.close()


async def _messages(kafka: str, topics: Topics) -> int:
    return len({record.key for record in await whole_topic(kafka, topics.message_state)})
