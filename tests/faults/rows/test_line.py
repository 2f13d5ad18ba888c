"""The whole line under things that a provider does."""

import asyncio
import json
from collections.abc import Iterator

import httpx
import pytest

from deploy.demo.said import Reported
from deploy.demo.traffic import Post, Traffic
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


def reported(traffic: Traffic) -> Post:
    """Return a post of one event of one message."""
    for post in traffic.posts:
        said = post.elements[0].said
        is_taken = post.refusal is None and post.source.selected is None
        if is_taken and len(post.elements) == 1 and isinstance(said, Reported) and said.message_id:
            return post
    raise AssertionError("the traffic has no such post")


@pytest.mark.long_fault
@pytest.mark.timeout(180)
async def test_the_same_post_a_hundred_times(line: Line) -> None:
    """A hundred concurrent posts of one body are a hundred records: one event, repeats, and one message."""
    post = reported(line.traffic(100, first_seed()))
    path, headers = post.request()
    async with httpx.AsyncClient(base_url=line.deployment.url, limits=httpx.Limits(max_connections=TIMES)) as client:
        answers = await asyncio.gather(
            *(client.post(path, content=post.body, headers=headers, timeout=30) for _ in range(TIMES))
        )
    assert all(answer.is_success for answer in answers)
    kafka, topics = line.deployment.kafka.bootstrap_servers, Topics(line.deployment.generation)
    raw = [decode_request(dict(record.headers)["request"]) for record in await whole_topic(kafka, RAW)]
    assert len({stamp.request_id for stamp in raw}) == TIMES
    clickhouse = connect(line.deployment.clickhouse)

    async def outcomes_are_there() -> bool:
        text = "SELECT sum(to_process), sum(without_outcome) FROM recibo.completeness"
        return tuple((await asyncio.to_thread(clickhouse.query, text)).result_rows[0]) == (len(raw), 0)

    async def message_is_there() -> bool:
        return (await asyncio.to_thread(clickhouse.query, "SELECT count() FROM recibo.messages")).result_rows == [(1,)]

    await until(outcomes_are_there, "every outcome in the tables", s_max=60)
    await until(message_is_there, "one message in the tables")
    clickhouse.close()
    assert len(await whole_topic(kafka, topics.message_events)) == 1
    aside = [json.loads(record.value)["outcome"] for record in await whole_topic(kafka, topics.set_aside)]
    assert aside == ["repeat"] * (len(raw) - 1)
