"""What `processors` leans on inside Faust and aiokafka, part of it private: an upgrade that changes it fails here first.

Two kinds of checks: that names and signatures are there, and that the source of the methods whose behaviour we replace
or rely on is the one that was read. A changed digest is no error in itself: read the method again, with what is said
beside it in mind, run `python -m tests.faults.processors --rounds 200`, and then write the new digest down.
"""

import inspect
from collections.abc import AsyncIterator, Callable
from importlib.metadata import version
from typing import Any

import aiokafka
import faust
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.consumer import fetcher
from aiokafka.consumer.consumer import AIOKafkaConsumer
from aiokafka.producer.message_accumulator import BatchBuilder, MessageAccumulator
from faust.app.base import App
from faust.tables.recovery import Recovery
from faust.transport import consumer as base
from faust.transport.conductor import ConductorCompiler
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage
from faust.types.tuples import Message

from processors.transport import FETCH_WAIT_MS_MAX, BatchConsumer, BatchConsumerThread, UncopiedRecords, uncopied
from tests.contracts.reading import check_as_read, parameters


def test_versions() -> None:
    """Every claim below was read in exactly these versions; another one must be read again."""
    assert version("faust-streaming") == "0.15.3"
    assert version("aiokafka") == "0.14.0"


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (base.Consumer._drain_messages, ["self", "fetcher"]),
        (base.Consumer._new_offset, ["self", "tp"]),
        (base.Consumer.wait_empty, ["self"]),
        (base.Consumer.perform_seek, ["self"]),
        (base.Consumer.commit_and_end_transactions, ["self"]),
        (base.Consumer._get_active_partitions, ["self"]),
        (base.ThreadDelegateConsumer._getmany, ["self", "active_partitions", "timeout"]),
        (base.ThreadDelegateConsumer._commit, ["self", "offsets"]),
        (driver.Consumer._new_consumer_thread, ["self"]),
        (driver.AIOKafkaConsumerThread._create_worker_consumer, ["self", "transport"]),
        (driver.AIOKafkaConsumerThread._ensure_consumer, ["self"]),
        (driver.AIOKafkaConsumerThread.call_thread, ["self", "fun", "args", "kwargs"]),
        (AIOKafkaConsumer.beginning_offsets, ["self", "partitions"]),
        (AIOKafkaConsumer.end_offsets, ["self", "partitions"]),
        (faust.Schema.loads_key, ["self", "app", "message", "loads", "serializer"]),
        (faust.Schema.loads_value, ["self", "app", "message", "loads", "serializer"]),
        (App._new_transport, ["self"]),
        (App.on_first_start, ["self"]),
        (Message.ack, ["self", "consumer", "n"]),
        (BatchBuilder.append, ["self", "timestamp", "key", "value", "headers"]),
        (aiokafka.AIOKafkaProducer.send_batch, ["self", "batch", "topic", "partition"]),
        (aiokafka.AIOKafkaProducer.create_batch, ["self"]),
        (AIOKafkaAdminClient.describe_topics, ["self", "topics"]),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_signatures(function: Callable[..., Any], expected: list[str]) -> None:
    """What we override or call still takes what we give."""
    assert parameters(function) == expected


READ_SOURCES = [
    # What our transport replaces: has the stock one learnt something that ours must know?
    (
        base.Consumer._drain_messages,
        "44a2500309e83c63",
        "we deliver batches instead: flow control, generation checks and stop conditions",
    ),
    (
        base.Consumer._new_offset,
        "1d2c7ea89a7ad4f1",
        "we commit the greatest acknowledged offset: is `_acked` still a list a partition?",
    ),
    (
        base.Consumer.wait_empty,
        "e4662fe24f094819",
        "we wait for the lanes, then commit: does it do anything else on a revoke?",
    ),
    # What ours is built on: does it still do what we take for granted?
    (
        base.Consumer.perform_seek,
        "0e8c130ff4b0afd8",
        "we take `_committed_offset` from it as the offsets that must come next",
    ),
    (
        base.Consumer.ack,
        "5fcf41cf45153475",
        "puts `offset` into `_acked` and `_acked_index` unless it is behind the committed one",
    ),
    (
        base.Consumer._filter_committable_offsets,
        "dc5e9baf5d994485",
        "asks `_new_offset` once for each commit: ours forgets what it answered",
    ),
    (base.Consumer._commit_offsets, "1a69799041188441", "leaves revoked partitions out, and calls `_commit`"),
    (
        base.Consumer.on_partitions_revoked,
        "d04b7ae72c6fc206",
        "forgets `_acked` of what is revoked, before the callbacks",
    ),
    (
        driver.AIOKafkaConsumerThread._fetch_records,
        "39a2c6c79fc1455a",
        "returns {} while the flow is stopped; records by partition",
    ),
    (driver.AIOKafkaConsumerThread._commit, "932852ce7a23f658", "a refused commit of a former generation is no error"),
    (
        driver.AIOKafkaConsumerThread._create_worker_consumer,
        "c2701bfc3e6f6cad",
        "round robin without tables; static membership; 1,500 ms wait",
    ),
    (
        driver.ConsumerRebalanceListener.on_partitions_assigned,
        "1c1f8406ad3698a6",
        "sets `consumer_generation_id` before anything is fetched",
    ),
    (
        App._on_partitions_revoked,
        "d5c895bbe57dc73a",
        "stops the flow, clears the queues, calls `wait_empty`, then sends the signal",
    ),
    (App._on_partitions_assigned, "de932b7927db85b3", "starts recovery, which resumes the flow"),
    (
        Recovery._resume_streams,
        "d986a6710c1aca98",
        "without tables: seeks to the committed offsets BEFORE the flow resumes",
    ),
    (
        ConductorCompiler.build,
        "837cf521368c1ee4",
        "hands a message to the topic's one agent, its value untouched; drops it where the flow stops",
    ),
    (
        fetcher.PartitionRecords._unpack_records,
        "b803e6d46480732c",
        "asks `_consumer_record` once for each record; of what that returns it reads nothing",
    ),
    (
        fetcher.PartitionRecords._consumer_record,
        "e668541600b047ab",
        "we return the compiled reader's record itself: does it decide anything now?",
    ),
    (
        MessageAccumulator.add_batch,
        "5ed1c5b1367ad854",
        "waits while the partition has a batch: order is the order of calls only for one caller",
    ),
]


@pytest.mark.parametrize(
    ("function", "known", "look_at"), READ_SOURCES, ids=lambda value: getattr(value, "__qualname__", "")
)
def test_source_is_the_one_that_was_read(function: Callable[..., Any], known: str, look_at: str) -> None:
    """The body of a method we rely on has not changed since it was read."""
    check_as_read(function, known, look_at)


@pytest.fixture
async def app(tmp_path: Any) -> Any:
    """A Faust app that is not connected."""
    return faust.App(
        "contract", broker="kafka://127.0.0.1:1", datadir=str(tmp_path), store="memory://", web_enabled=False
    )


@pytest.fixture
async def consumer(app: Any) -> AsyncIterator[Any]:
    """Our consumer, not started."""
    kind = type("Consumer", (BatchConsumer,), {"stop_at_once": staticmethod(lambda _: None)})
    transport = driver.Transport(app.conf.broker_consumer, app)
    made = kind(transport, callback=lambda _: None, on_partitions_revoked=None, on_partitions_assigned=None)
    yield made
    made._thread.thread_loop.close()


async def test_consumer_attributes(app: Any, consumer: Any) -> None:
    """The attributes that our consumer reads and writes exist on Faust's, with the types we take them for."""
    tp = TP("t", 0)
    assert consumer._acked[tp] == []
    assert consumer._acked_index[tp] == set()
    assert consumer._committed_offset[tp] is None
    assert consumer._read_offset[tp] is None
    assert consumer.flow_active is True
    assert consumer._get_active_partitions() == set()
    consumer.stop_flow()
    assert consumer.suspend_flow.is_set()
    assert not consumer.can_resume_flow.is_set()
    consumer.resume_flow()
    assert consumer.can_resume_flow.is_set()
    assert not consumer.suspend_flow.is_set()
    assert consumer.consumer_stopped_errors
    assert app.consumer_generation_id == 0
    for name in ("wait", "wait_first", "sleep", "should_stop", "callback", "assignment"):
        assert hasattr(consumer, name), name


async def test_an_acknowledged_batch_is_committed_whole(app: Any, consumer: Any) -> None:
    """A batch message acknowledged by its last offset commits the offset after it, once."""
    app.topics.acks_enabled_for = lambda _: True
    tp = TP("t", 0)
    message = ConsumerMessage("t", 0, 41, 0.0, 0, [], None, b"", None, 0, 0, tp, generation_id=0)
    message.incref()
    assert message.ack(consumer)
    assert consumer._filter_committable_offsets([tp]) == {tp: 42}
    assert consumer._filter_committable_offsets([tp]) == {}
    consumer._committed_offset[tp] = 42
    one_record = ConsumerMessage("t", 0, 42, 0.0, 0, [], None, b"", None, 0, 0, tp, generation_id=0)
    one_record.incref()
    assert one_record.ack(consumer), "a batch of one record is at the committed offset itself"
    assert consumer._filter_committable_offsets([tp]) == {tp: 43}


class _ClientThread:
    """Stands for the client after a rebalance, whose last fetch took records of the new assignment."""

    def __init__(self, committed: dict[TP, int | None], starts: dict[TP, int]) -> None:
        self.committed, self.starts = committed, starts
        self.positions = dict.fromkeys(committed, 200)

    def assignment(self) -> set[TP]:
        return set(self.committed)

    async def seek_to_committed(self) -> dict[TP, int | None]:
        self.positions |= {tp: offset for tp, offset in self.committed.items() if offset}
        return self.committed

    async def earliest_offsets(self, *partitions: TP) -> dict[TP, int]:
        return {tp: self.starts[tp] for tp in partitions}

    async def ranges(self, *partitions: TP) -> dict[TP, tuple[int, int]]:
        return dict.fromkeys(partitions, (0, 1000))

    async def seek_wait(self, partitions: dict[TP, int]) -> None:
        self.positions |= partitions


async def test_a_partition_without_a_commit_is_read_from_its_start_again(consumer: Any) -> None:
    """What a fetch took in a rebalance is fetched again, of a partition with a commit and of one that has none."""
    assert "if offset and offset > 0" in inspect.getsource(AIOKafkaConsumer.seek_to_committed)  # why it is ours to do
    new, zero, old, cut = (TP("t", number) for number in range(4))
    thread, real = _ClientThread({new: None, zero: 0, old: 150, cut: None}, {new: 0, zero: 0, cut: 7}), consumer._thread
    consumer._thread = thread
    try:
        await consumer.perform_seek()
    finally:
        consumer._thread = real
    assert thread.positions == {new: 0, zero: 0, old: 150, cut: 7}
    assert consumer._next_offset == thread.positions, "a gap would be seen"


async def test_the_fetch_wait_is_read_at_start(app: Any, consumer: Any) -> None:
    """The client reads `_fetch_max_wait_ms` when the consumer starts, so it may be set after it was made."""
    assert isinstance(consumer._thread, BatchConsumerThread)
    made = consumer._thread._create_worker_consumer(consumer.transport)
    assert made._fetch_max_wait_ms == FETCH_WAIT_MS_MAX
    assert "self._value_deserializer" in inspect.getsource(AIOKafkaConsumer.start)
    assert made._value_deserializer is uncopied
    assert "self._fetch_max_wait_ms" in inspect.getsource(AIOKafkaConsumer.start)
    assert made._max_poll_records == app.conf.broker_max_poll_records
    await made.stop()


def test_only_marked_consumers_get_uncopied_records() -> None:
    """The fetcher's records are the client's own for every consumer of the process but the batch consumer's."""
    assert parameters(fetcher.PartitionRecords.__base__.__init__)[-4:] == [
        "key_deserializer",
        "value_deserializer",
        "check_crcs",
        "isolation_level",
    ]
    given: tuple[Any, ...] = (TP("t", 0), None, [], 0, None)
    check_nothing = (False, 0)
    marked = fetcher.PartitionRecords(*given, uncopied, *check_nothing)
    stock = fetcher.PartitionRecords(*given, None, *check_nothing)
    assert type(marked) is UncopiedRecords
    assert type(stock) is fetcher.PartitionRecords.__base__
    assert stock.next_fetch_offset == 0


def test_streams_without_acknowledgement() -> None:
    """`noack` leaves acknowledging to us, and `events` gives the message with its generation."""
    assert parameters(faust.Stream.noack) == ["self"]
    assert inspect.isasyncgenfunction(faust.Stream.events)
    assert "generation_id" in parameters(ConsumerMessage.__init__)
