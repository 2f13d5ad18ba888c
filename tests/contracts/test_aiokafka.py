"""What ingest and the commands lean on inside aiokafka, part of it private: an upgrade that changes it fails here first.

What `processors` leans on (fetcher, accumulator, consumer) is in `test_faust.py`. A changed digest is no error in itself:
read the method again, with what is said beside it in mind, run the tests of ingest, and then write the new digest down.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.producer.message_accumulator import MessageAccumulator
from aiokafka.producer.sender import Sender, SendProduceReqHandler
from aiokafka.producer.transaction_manager import PidAndEpoch, TransactionManager
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder

from ingest.durable.idempotent_producer import begin_new_epoch, discard, is_dead
from runtime.kafka.consumer import Consumer
from tests.conftest import MakeTopic
from tests.contracts.reading import check_as_read, parameters


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (AIOKafkaProducer.send_batch, ["self", "batch", "topic", "partition"]),
        (AIOKafkaProducer.create_batch, ["self"]),
        (AIOKafkaProducer.partitions_for, ["self", "topic"]),
        (AIOKafkaClient.close, ["self"]),
        (AIOKafkaClient.fetch_all_metadata, ["self"]),
        (AIOKafkaClient.set_topics, ["self", "topics"]),
        (AIOKafkaConsumer.partitions_for_topic, ["self", "topic"]),
        (AIOKafkaAdminClient.find_coordinator, ["self", "group_id", "coordinator_type"]),
        (ConsumerRebalanceListener.on_partitions_revoked, ["self", "revoked"]),
        (ConsumerRebalanceListener.on_partitions_assigned, ["self", "assigned"]),
        (DefaultRecordBatchBuilder.append, ["self", "offset", "timestamp", "key", "value", "headers"]),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_signatures(function: Callable[..., Any], expected: list[str]) -> None:
    """What we override or call still takes what we give."""
    assert parameters(function) == expected


@pytest.mark.parametrize(
    ("function", "known", "look_at"),
    [
        (
            AIOKafkaProducer.stop,
            "43ef97147111893b",
            "flushes first, without end where Kafka is away: so `discard`. Does it let go of anything new?",
        ),
        (AIOKafkaProducer.__del__, "785f6702b00b23af", "complains of a producer whose `_closed` is not set"),
        (Sender.start, "ef0a0cbbf1f69e7d", "`_fail_all` is the one callback of the sender's task"),
        (Sender._fail_all, "5a67e3b6f87be0c5", "fails what waits: nothing that we still listen to, once discarded"),
        (
            MessageAccumulator._pop_batch,
            "41cc98a298ef2628",
            "takes a batch's epoch and sequence when it is first sent: so `begin_new_epoch` leaves batches on their way alone",
        ),
        (
            TransactionManager.sequence_number,
            "c2b996db50417fee",
            "0 for a partition that `begin_new_epoch` has forgotten",
        ),
        (TransactionManager.increment_sequence_number, "0fce01d42f0ff3bc", "counts records from there"),
        (
            SendProduceReqHandler._can_retry,
            "7ff5d491d977aacf",
            "an idempotent batch is sent again without expiry; errors that may not be are answered once, to `Delivery`",
        ),
        (Sender._sender_routine, "2380dc5e333d9ebd", "ends when cancelled, after its tasks"),
        (
            AIOKafkaConsumer.partitions_for_topic,
            "7764e983cd64f090",
            "knows only the topics that the client was given",
        ),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_source_is_the_one_that_was_read(function: Callable[..., Any], known: str, look_at: str) -> None:
    """The body of a method that we rely on has not changed since it was read."""
    check_as_read(function, known, look_at)


@pytest.fixture
async def producer() -> AsyncIterator[AIOKafkaProducer]:
    """A producer as ingest makes it, not connected."""
    made = AIOKafkaProducer(bootstrap_servers="127.0.0.1:1", acks="all", enable_idempotence=True, linger_ms=0)
    yield made
    await made.client.close()


async def test_sequences_begin_anew_under_the_next_epoch(producer: AIOKafkaProducer) -> None:
    """`_txn_manager` numbers the batches: by `_sequence_numbers` of each partition, under `_pid_and_epoch`."""
    numbers, partition = producer._txn_manager, TopicPartition("topic", 0)
    numbers.set_pid_and_epoch(7, 0)
    numbers.increment_sequence_number(partition, 3)
    assert numbers.sequence_number(partition) == 3
    assert begin_new_epoch(producer)
    assert (numbers.producer_id, numbers.producer_epoch, numbers.sequence_number(partition)) == (7, 1, 0)
    numbers._pid_and_epoch = PidAndEpoch(7, 32_766)
    assert not begin_new_epoch(producer)
    assert numbers.sequence_number(partition) == 0
    assert set(numbers._sequence_numbers) == {partition}
    await discard(producer)


async def test_a_producer_that_never_started_is_discarded(producer: AIOKafkaProducer) -> None:
    """Before it started a producer has a sender without a task; discarded it counts as closed, and says nothing."""
    assert producer._closed is False
    assert producer._sender.sender_task is None
    await discard(producer)
    assert producer._closed is True


async def test_a_producer_at_work_is_discarded_unflushed(producer: AIOKafkaProducer) -> None:
    """The sender's task is the one that `sender_task` gives, and ends when cancelled, whatever waits to be sent."""
    started = asyncio.Event()

    async def forever() -> None:
        started.set()
        await asyncio.Event().wait()

    producer._sender._sender_task = task = asyncio.create_task(forever())
    task.add_done_callback(producer._sender._fail_all)
    assert producer._sender.sender_task is task
    await started.wait()
    await discard(producer)
    assert task.cancelled()


async def test_a_producer_whose_sender_ended_is_dead(producer: AIOKafkaProducer) -> None:
    """A producer that does not send any more is recognised by its task."""
    assert is_dead(producer)
    producer._sender._sender_task = task = asyncio.create_task(asyncio.sleep(0))
    assert not is_dead(producer)
    await task
    assert is_dead(producer)
    await discard(producer)


async def test_a_consumer_has_a_client_that_can_be_told_of_topics() -> None:
    """A consumer that subscribes to nothing learns a topic's partitions through its client."""
    consumer = AIOKafkaConsumer(bootstrap_servers="127.0.0.1:1")
    assert isinstance(consumer._client, AIOKafkaClient)
    await consumer.stop()


@pytest.mark.parametrize("stop", [AIOKafkaConsumer.stop, Consumer.stop], ids=["theirs", "ours"])
async def test_a_consumer_stops_between_two_fetches(
    stop: Callable[[Consumer], Awaitable[None]], kafka_bootstrap: str, make_topic: MakeTopic
) -> None:
    """A stop that meets a fetch which waits before it tries again cancels its caller and leaves its client; ours does neither."""
    consumer = Consumer(bootstrap_servers=kafka_bootstrap)
    await consumer.start()
    consumer.assign([TopicPartition(await make_topic(), 0)])
    waiting = asyncio.create_task(asyncio.sleep(3600))
    await asyncio.sleep(0)
    consumer._fetcher._pending_tasks.add(waiting)  # as `_proc_fetch_request` does after an error
    if stop is Consumer.stop:
        await stop(consumer)
    else:
        with pytest.raises(asyncio.CancelledError):
            await stop(consumer)
        assert consumer._client._sync_task is not None, "and leaves its client at work"
        await consumer._end()
    assert waiting.cancelled()
    assert consumer._client._sync_task is None


def test_a_batch_built_without_a_producer() -> None:
    """A record batch of one is built and read back with its headers, and its checksum notices a changed byte."""
    options = {"magic": 2, "compression_type": 0, "is_transactional": 0, "producer_id": 7, "producer_epoch": -1}
    builder = DefaultRecordBatchBuilder(**options, base_sequence=-1, batch_size=1)
    assert builder.append(0, None, b"key", b"value", [("name", b"header")]) is not None, "a first record always fits"
    built = bytes(builder.build())
    batch = DefaultRecordBatch(built)
    assert batch.validate_crc()
    (record,) = list(batch)
    assert (bytes(record.key), bytes(record.value), list(record.headers)) == (b"key", b"value", [("name", b"header")])
    assert built.find((7).to_bytes(8, "big")) == 43, "segments are found again by the producer id in a batch's head"
    assert not DefaultRecordBatch(built[:-1] + b"?").validate_crc()
