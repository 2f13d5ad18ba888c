"""The way between ingest and Kafka: slow, cut, and a record that the broker refuses."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from deploy.local.broker import Listeners, broker_program
from operations.topics import create_missing
from runtime.kafka.settings import KafkaSettings
from runtime.ports import HOST, free_port
from runtime.supervisor import Child
from schemas.topics import RAW
from tests.faults.matrix.size import first_seed
from tests.support.outage import drained, found
from tests.support.packet_proxy import PacketProxy, packet_proxy
from tests.support.polling import until
from tests.support.running_ingest import RunningIngest, StartIngest, event_body, signature
from tests.support.servers import CACHE
from tests.support.webhook_posts import Traffic

pytestmark = [pytest.mark.long_fault, pytest.mark.timeout(180)]
FAULTY_S = 5.0
SLOWEST_S_MAX = 2.0
LARGE_BYTES = 250_000
"""Of a body that no compression makes small enough for the broker."""


class Way(NamedTuple):
    """A broker that all clients reach through a proxy."""

    proxy: PacketProxy
    address: str


@pytest.fixture
async def way(tmp_path: Path) -> AsyncIterator[Way]:
    """A broker of the test's own behind a proxy, which is also where it says that it is."""
    port, at = free_port(), free_port()
    behind = Listeners({}, {"advertised.listeners": f"PLAINTEXT://{HOST}:{at}"})
    async with packet_proxy(HOST, port, at, first_seed()) as proxy:
        program = await asyncio.to_thread(
            broker_program, tmp_path / "kafka", CACHE, port, starts_fast=True, others=behind
        )
        child = Child(program, tmp_path / "kafka.log")
        child.start()
        await asyncio.to_thread(child.wait_ready, 60)
        await create_missing(KafkaSettings(f"{HOST}:{at}"), 1, 4)
        yield Way(proxy, f"{HOST}:{at}")
        await asyncio.to_thread(child.stop)


async def start(way: Way, start_ingest: StartIngest) -> RunningIngest:
    """Start ingest; the proxy lives in this loop, so it waits on a thread."""
    running = await asyncio.to_thread(start_ingest, way.address)
    await asyncio.to_thread(running.wait_for_kafka)
    return running


async def exact_after(way: Way, running: RunningIngest, traffic: Traffic) -> None:
    """Post through the fault, heal the way, and find everything."""
    await traffic.run(FAULTY_S)
    way.proxy.heal()
    await drained(running)
    missing, renamed, _ = await found(running, traffic)
    assert (missing, renamed) == (0, 0)
    assert set(traffic.answers.values()) == {204}


async def test_a_slow_way_to_kafka(way: Way, start_ingest: StartIngest, fresh_name: str) -> None:
    """While every packet is late, nobody waits much longer than the deadline, and nothing answered 2xx is lost."""
    running = await start(way, start_ingest)
    traffic = Traffic(running, fresh_name)
    way.proxy.delay_s = (0.1, 1.0)
    await exact_after(way, running, traffic)
    assert max(took for _, took in traffic.seconds) <= SLOWEST_S_MAX


async def test_cut_connections(way: Way, start_ingest: StartIngest, fresh_name: str) -> None:
    """Connections reset in the middle of requests and answers lose nothing, and a second copy keeps its request id."""
    running = await start(way, start_ingest)
    traffic = Traffic(running, fresh_name)
    way.proxy.piece_bytes_max, way.proxy.resets_per_piece = 700, 0.02
    await exact_after(way, running, traffic)
    assert way.proxy.resets > 0


async def test_a_record_that_the_broker_refuses(way: Way, start_ingest: StartIngest, fresh_name: str) -> None:
    """Bodies that the broker refuses keep no other from the log, neither at once nor from the spool."""
    running = await start(way, start_ingest)
    await limit_records(way.address, 100_000)
    traffic = Traffic(running, fresh_name)
    posting = asyncio.create_task(traffic.run(FAULTY_S))
    async with httpx.AsyncClient(timeout=15) as client:
        for number in range(10):
            body = incompressible(10_000_000 + number)
            url = f"{running.url}/v1/webhooks/{fresh_name}"
            answer = await client.post(url, content=body, headers=signature(body))
            assert answer.status_code in {204, 503}
    await posting
    assert set(traffic.answers.values()) == {204}

    async def all_there() -> bool:
        return (await found(running, traffic))[0] == 0

    await until(all_there, "every event that the broker takes", s_max=30, every_s=1)
    missing, renamed, copies = await found(running, traffic)
    assert (missing, renamed) == (0, 0)
    assert copies <= len(traffic.acknowledged), "healthy records are not appended again and again"


def incompressible(number: int) -> bytes:
    """Return an event with random digits in it."""
    return event_body(number, "read")[:-1] + b',"padding":"%b"}' % secrets.token_hex(LARGE_BYTES).encode()


async def limit_records(address: str, bytes_max: int) -> None:
    """Have the broker refuse larger batches of the raw log from now on."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    limit = {"max.message.bytes": str(bytes_max)}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, RAW, limit)])
    await admin.close()
