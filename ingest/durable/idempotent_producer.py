"""An idempotent producer of aiokafka, and the three things that it has no public way to do (0.14).

Its broker knows each partition's batches by producer id, epoch and sequence number, and refuses a batch that does not
follow on the last. `tests/contracts/test_aiokafka.py` says what is leant on here.
"""

import asyncio
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.producer.transaction_manager import PidAndEpoch

from ingest.log_record import BATCH_OVERHEAD_BYTES
from ingest.settings import Settings
from runtime.kafka.clients import make_producer

_REQUEST_TIMEOUT_MS: Final = 5_000
_RETRY_BACKOFF_MS: Final = 50
_CLOSE_S_MAX: Final = 1.0
_EPOCH_MAX: Final = 32_766
"""Epochs are 16 bits; the last is the broker's own, to fence a producer."""


def make_idempotent_producer(settings: Settings) -> AIOKafkaProducer:
    """Return a producer, not started, whose batches hold as much as a sender's do.

    Raises:
        ConfigurationError: a file of secrets cannot be read.
    """
    return make_producer(
        settings.kafka,
        "recibo-ingest",
        acks="all",
        enable_idempotence=True,
        compression_type=None if settings.kafka_compression == "none" else settings.kafka_compression,
        max_batch_size=settings.kafka_batch_bytes_max + BATCH_OVERHEAD_BYTES,
        linger_ms=0,
        request_timeout_ms=_REQUEST_TIMEOUT_MS,
        retry_backoff_ms=_RETRY_BACKOFF_MS,
    )


def begin_new_epoch(producer: AIOKafkaProducer) -> bool:
    """Let each partition's sequence begin anew, after a batch that was answered with an error. Return whether it could.

    aiokafka takes a batch's sequence numbers when it sends it. One that the broker refuses leaves a gap, and every later
    batch of the partition is out of order. Taking the numbers back would be wrong where the broker had written the batch
    and its first answer was lost: the next batch, under the same numbers, would count as that one's copy and be dropped.
    Under the next epoch, which a producer without transactions may begin by itself (KIP-360), sequences begin at 0 and no
    batch is a copy of an older epoch's. A batch of another partition that is on its way keeps the epoch that it has.
    """
    transactions = producer._txn_manager  # noqa: SLF001
    if transactions.producer_epoch >= _EPOCH_MAX:
        return False
    transactions._pid_and_epoch = PidAndEpoch(transactions.producer_id, transactions.producer_epoch + 1)  # noqa: SLF001
    transactions._sequence_numbers.clear()  # noqa: SLF001
    return True


def is_dead(producer: AIOKafkaProducer) -> bool:
    """Return whether the task that sends for all partitions has ended, which it does on errors that aiokafka does not expect."""
    task = producer._sender.sender_task  # noqa: SLF001
    return task is None or task.done()


async def discard(producer: AIOKafkaProducer) -> None:
    """Close a producer at once. Its own `stop` flushes first, which for a Kafka that is away never ends.

    The sender's task is cancelled, its connections are closed under it, and what it says about that is not listened to.
    """
    producer._closed = True  # noqa: SLF001
    sender = producer._sender  # noqa: SLF001
    task = sender.sender_task
    if task is None:
        await producer.client.close()
        return
    task.remove_done_callback(sender._fail_all)  # noqa: SLF001
    task.cancel()
    await producer.client.close()
    _done, pending = await asyncio.wait([task], timeout=_CLOSE_S_MAX)
    if pending:
        task.cancel()
        await asyncio.wait([task], timeout=_CLOSE_S_MAX)
    if task.done() and not task.cancelled():
        task.exception()
