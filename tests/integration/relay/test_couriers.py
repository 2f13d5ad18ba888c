"""Couriers of one relay: what fails in one of them ends nobody else, is shown, and is begun again."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition

from relay.metrics import RelayMetrics
from relay.raw.courier import Courier
from relay.raw.delivery import Delivery, Webhook
from relay.raw.log_readers import LogReaders
from relay.raw.target import Target
from relay.settings import Settings
from runtime.kafka.settings import KafkaSettings
from runtime.ports import HOST
from schemas.topics import RAW
from tests.integration.relay.test_relay import SOURCE, post, status_body
from tests.support.polling import until
from tests.support.running_ingest import StartIngest
from tests.support.running_relay import Receiver, RunningRelay

BEYOND_THE_END = 1_000_000_000


class BrokenDelivery(Delivery):
    """Stands in for a delivery with a bug: it takes all but one webhook, which it dies of."""

    def __init__(self, deadly: bytes) -> None:
        self._deadly = deadly
        self.deaths = 0

    async def deliver(self, webhook: Webhook) -> bool:
        """Take a webhook, or die of it."""
        if webhook.body == self._deadly:
            self.deaths += 1
            raise ValueError("a bug")
        return True


@asynccontextmanager
async def group(bootstrap_servers: str, target: Target) -> AsyncIterator[AIOKafkaConsumer]:
    """A member of a target's consumer group that only looks at its commits, or makes them."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, group_id=target.group, enable_auto_commit=False)
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def test_a_courier_that_cannot_read_ends_nobody_else(
    broker: str, start_ingest: StartIngest, fresh_name: str
) -> None:
    """One URL's commits belong to another log: readiness names it with the remedy, and the other URL gets its webhooks."""
    lost, other = Receiver(), Receiver()
    ingest = start_ingest(broker, SOURCE.format(name=fresh_name, urls=json.dumps([lost.url, other.url])))
    async with group(broker, Target(fresh_name, lost.url)) as consumer:
        consumer.assign([TopicPartition(RAW, 0)])
        await consumer.commit({TopicPartition(RAW, 0): BEYOND_THE_END})
    relay = RunningRelay(ingest)
    relay.start()
    try:
        url = f"http://{HOST}:{relay.port}"
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client, other.open():

            async def is_told() -> bool:
                try:
                    said = (await client.get("/readyz")).json()
                except httpx.HTTPError:
                    return False
                return said["status"] == "not ready" and ["another log" in why for why in said["why"]] == [True]

            await until(is_told, "readiness to name the courier that cannot read")
            await post(ingest, fresh_name, status_body(1))
            await until(lambda: has(other.got), "the other URL's webhook")
            assert (await client.get("/healthz")).status_code == httpx.codes.OK
        assert relay.process is not None
        assert relay.process.poll() is None
    finally:
        relay.kill()


async def test_a_delivery_that_dies_is_not_silent(broker: str, start_ingest: StartIngest, fresh_name: str) -> None:
    """A webhook that a delivery dies of ends its courier's reading with the reason, and is never committed as taken."""
    target = Target(fresh_name, f"http://{HOST}:9/crm")
    ingest = start_ingest(broker, SOURCE.format(name=fresh_name, urls=json.dumps([target.url])))
    await asyncio.to_thread(ingest.wait_for_kafka)
    delivery = BrokenDelivery(deadly=status_body(0))
    metrics = RelayMetrics().of(target)
    readers = LogReaders(KafkaSettings(broker))
    courier = Courier(target, delivery, readers, Settings(kafka=KafkaSettings(broker)), metrics)
    running = [asyncio.ensure_future(courier.run()), asyncio.ensure_future(readers.run())]
    try:
        await until(lambda: has(courier.is_reading), "the courier to read")
        await post(ingest, fresh_name, status_body(0))
        await until(lambda: has("a bug" in courier.trouble), "the death to be reported")
        assert not courier.is_reading
        await until(lambda: has(delivery.deaths > 1), "the webhook to be read again")
        assert not any(task.done() for task in running)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def has(value: object) -> bool:
    """Return whether there is something, letting others run first."""
    await asyncio.sleep(0)
    return bool(value)
