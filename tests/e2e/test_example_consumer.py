"""The example consumer handles each event once, whatever is published twice and however often it starts again."""

import json
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from deploy.demo.example_consumer import HandledIds, consume
from tests.conftest import MakeTopic
from tests.contracts.published import golden_values


async def publish(bootstrap_servers: str, topic: str, events: list[Any]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap_servers) as producer:
        for event in events:
            key = f"{event['data']['account']}/{event['subject']}".encode()
            await producer.send_and_wait(topic, json.dumps(event).encode(), key=key)


async def test_each_event_is_handled_once(kafka_bootstrap: str, make_topic: MakeTopic) -> None:
    """Events that come twice, and those already handled before a restart, are not handled again."""
    topic = await make_topic()
    events = golden_values("message.events.v1")
    first, later = events[:10], events[10:]
    handled = HandledIds(":memory:")
    seen: list[Any] = []
    await publish(kafka_bootstrap, topic, first + first[:5])
    assert await consume(kafka_bootstrap, topic, handled, seen.append, until_end=True) == len(first)
    await publish(kafka_bootstrap, topic, first + later)
    assert await consume(kafka_bootstrap, topic, handled, seen.append, until_end=True) == len(later)
    assert sorted(event["id"] for event in seen) == sorted(event["id"] for event in events)
    handled.close()


async def test_an_event_whose_handling_failed_comes_again(kafka_bootstrap: str, make_topic: MakeTopic) -> None:
    """A consumer that dies while it handles an event handles it when it is started again."""
    topic = await make_topic(partitions=1)
    await publish(kafka_bootstrap, topic, golden_values("message.events.v1")[:3])
    handled = HandledIds(":memory:")
    seen: list[Any] = []

    def die_at_second(event: Any) -> None:
        if len(seen) == 1:
            raise RuntimeError("killed")
        seen.append(event["id"])

    with pytest.raises(RuntimeError, match="killed"):
        await consume(kafka_bootstrap, topic, handled, die_at_second, until_end=True)
    assert len(seen) == 1
    assert await consume(kafka_bootstrap, topic, handled, lambda event: seen.append(event["id"]), until_end=True) == 2
    assert len(set(seen)) == 3
    handled.close()
