"""The log as all URLs read it: before it is there, as it grows, when one URL stands still, and when the broker does."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic

from relay.metrics import RelayMetrics
from relay.raw.courier import Courier
from relay.raw.delivery import Delivery, Webhook
from relay.raw.log_readers import LogReaders
from relay.raw.target import Target
from relay.settings import Settings
from runtime.kafka.clients import make_producer
from runtime.kafka.settings import KafkaSettings
from schemas.record import (
    HEADER_RELAY,
    HEADER_REQUEST,
    HEADER_SOURCE,
    RequestStamp,
    SourceContext,
    encode_request,
    encode_source,
)
from schemas.relay_header import relay_header
from schemas.topics import RAW
from tests.support.outage import OwnBroker
from tests.support.polling import until

WAITING_MAX = 10


class Taken(Delivery):
    """Stands in for the posting: keeps the bodies, where it is open."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.is_open = asyncio.Event()

    async def deliver(self, webhook: Webhook) -> bool:
        """Take a webhook once it is open."""
        await self.is_open.wait()
        self.bodies.append(webhook.body)
        return True


class Broken(Courier):
    """A courier with a bug."""

    def take(self, record: Any) -> bool:
        """Fail."""
        raise ValueError(f"a bug at offset {record.offset}")


class Relays:
    """Couriers of one source to several URLs, over the same readers."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self.readers = LogReaders(kafka)
        self.settings = Settings(kafka=kafka, waiting_max=WAITING_MAX)
        self.couriers: list[Courier] = []
        self.running = [asyncio.ensure_future(self.readers.run())]

    def add(self, url: str, kind: type[Courier] = Courier) -> Taken:
        """Begin to relay to another URL."""
        target, taken = Target("shop", url), Taken()
        courier = kind(target, taken, self.readers, self.settings, RelayMetrics().of(target))
        self.couriers.append(courier)
        self.running.append(asyncio.ensure_future(courier.run()))
        return taken

    async def ready(self) -> None:
        """Return once every URL's courier reads."""
        await until(lambda: said(all(c.is_reading for c in self.couriers) and not self.readers.trouble), "to read")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[OwnBroker]:
    """A broker of the test's own, without topics."""
    own = OwnBroker(tmp_path)
    own.start()
    yield own
    own.stop()


@asynccontextmanager
async def relays(broker: OwnBroker) -> AsyncIterator[Relays]:
    """Relays that end with the context."""
    made = Relays(KafkaSettings(broker.address))
    try:
        yield made
    finally:
        for task in made.running:
            task.cancel()
        await asyncio.gather(*made.running, return_exceptions=True)


async def test_a_log_that_comes_later_and_grows_is_read_from_its_first_record(broker: OwnBroker) -> None:
    """Started before its topic the relay says that it does not read; then it does; a partition added later misses nothing."""
    async with relays(broker) as made:
        taken = made.add("http://a.example/")
        taken.is_open.set()
        await until(lambda: said("UnknownTopicOrPartition" in made.couriers[0].trouble), "the missing topic to be told")
        assert not made.couriers[0].is_reading
        admin = AIOKafkaAdminClient(bootstrap_servers=broker.address)
        await admin.start()
        await admin.create_topics([NewTopic(RAW, 1, 1)])
        await made.ready()
        await publish(broker, 0, range(3))
        await until(lambda: said(len(taken.bodies) == 3), "what came first")
        await admin.create_partitions({RAW: NewPartitions(2)})
        await admin.close()
        await until(lambda: said(publish(broker, 1, range(3, 6))), "the new partition to take records")
        await until(lambda: said(set(taken.bodies) == set(map(body, range(6)))), "what came to the new partition")


async def test_a_url_that_stands_still_or_fails_holds_up_nobody(broker: OwnBroker) -> None:
    """While one URL takes nothing, and one is met by a bug of ours, the other gets all; what waits for the first is bounded, and in the end it has all, each once."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.address)
    await admin.start()
    await admin.create_topics([NewTopic(RAW, 2, 1)])
    await admin.close()
    count = 20 * WAITING_MAX
    async with relays(broker) as made:
        still, other = made.add("http://still.example/"), made.add("http://other.example/")
        made.add("http://broken.example/", Broken)
        other.is_open.set()
        await made.ready()
        for number in (0, 1):
            await publish(broker, number, range(number * count, (number + 1) * count))
        expected = sorted(map(body, range(2 * count)))
        await until(lambda: said(sorted(other.bodies) == expected), "the other URL's webhooks")
        await until(lambda: said("a bug at offset" in made.couriers[2].trouble), "the bug of the third to be told")
        assert len(made.couriers[0]._deliveries.running) <= WAITING_MAX
        still.is_open.set()
        await until(lambda: said(sorted(still.bodies) == expected), "the webhooks of the one that stood still")


async def test_a_frozen_broker_is_told_and_got_over(broker: OwnBroker) -> None:
    """While the broker is stopped (SIGSTOP) the readers say so within seconds; then they go on by themselves."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.address)
    await admin.start()
    await admin.create_topics([NewTopic(RAW, 1, 1)])
    await admin.close()
    async with relays(broker) as made:
        taken = made.add("http://a.example/")
        taken.is_open.set()
        await made.ready()
        await publish(broker, 0, range(2))
        await until(lambda: said(len(taken.bodies) == 2), "what came before")
        broker.begin("paused")
        try:
            await until(lambda: said("does not answer within 3 s" in made.readers.trouble), "the silence to be told")
        finally:
            broker.end("paused")
        await until(lambda: said(not made.readers.trouble), "the end of it")
        await publish(broker, 0, range(2, 4))
        await until(lambda: said(len(set(taken.bodies)) == 4), "what came after")


def body(number: int) -> bytes:
    """Return the body of a webhook."""
    return b"%d" % number


async def publish(broker: OwnBroker, partition: int, numbers: range) -> bool:
    """Append webhooks to a partition of the raw log; return whether it is there."""
    producer = make_producer(KafkaSettings(broker.address), "test")
    await producer.start()
    try:
        if partition not in await producer.partitions_for(RAW):
            return False
        for number in numbers:
            headers = [
                (HEADER_REQUEST, encode_request(RequestStamp("f" * 32, number, "event", 0))),
                (HEADER_SOURCE, encode_source(SourceContext("shop", "acme", "meta_cloud", "application/json"))),
                (HEADER_RELAY, relay_header([], b"", "")),
            ]
            await producer.send_and_wait(RAW, body(number), partition=partition, headers=headers)
    finally:
        await producer.stop()
    return True


async def said(value: object) -> bool:
    """Return whether something holds, letting others run first."""
    await asyncio.sleep(0)
    return bool(await value if asyncio.iscoroutine(value) else value)
