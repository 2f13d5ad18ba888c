"""Lag and age are right also while a lane stands still."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka.errors import IllegalStateError, KafkaConnectionError, NotCoordinatorForGroupError

from projections.batch import Batch
from projections.metrics import REGISTRY
from projections.rows.table import Record
from projections.settings import Settings
from projections.topic_projection import TopicProjection
from tests.support.world import FakeRecord

UNREAD = 5


class AReader:
    """A reader that has read all but UNREAD records."""

    topic = "lane-metrics"

    def lag_records(self) -> int:
        """Return what is not yet read."""
        return UNREAD

    async def commit(self, _batch: Batch) -> None:
        """Take note of nothing."""


class AnAbsentReader(AReader):
    """A reader whose broker is away at first, and which then has a fault that is nobody's."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = [*errors]
        self.stops = 0

    async def start(self) -> None:
        """Fail."""
        raise self.errors.pop(0)

    async def stop(self) -> None:
        """Count."""
        self.stops += 1


class ASlowStore:
    """A store whose engine is away until it is let go."""

    def __init__(self) -> None:
        self.free = asyncio.Event()

    async def store(self, _records: Sequence[Record]) -> None:
        """Wait."""
        await self.free.wait()


def told(name: str) -> float:
    """Return a metric of the lane as it would be scraped now."""
    value = REGISTRY.get_sample_value(f"recibo_projections_{name}", {"topic": AReader.topic})
    assert value is not None
    return value


async def test_lag_and_age_are_true_while_the_engine_is_away() -> None:
    """Records that are read and not stored count as lag, and the oldest of them ages; once stored, neither."""
    reader: Any = AReader()
    store: Any = ASlowStore()
    lane = TopicProjection(reader, store, Settings(), asyncio.Event())
    batch = Batch()
    minute_ago = int(time.time() * 1000) - 60_000
    batch.add([FakeRecord("t", 0, n, minute_ago + n, None, b"") for n in range(3)])
    assert (told("lag_records"), told("age_seconds")) == (UNREAD, 0)
    finishing = asyncio.create_task(lane._finish(batch))
    await asyncio.sleep(0)
    assert told("lag_records") == UNREAD + 3
    assert 59 < told("age_seconds") < 90
    store.free.set()
    await finishing
    assert (told("lag_records"), told("age_seconds")) == (UNREAD, 0)


async def test_a_lane_waits_for_kafka_and_dies_of_a_bug() -> None:
    """While Kafka is away the lane begins again, patiently; an error that no waiting mends ends it, and so the process."""
    reader = AnAbsentReader(KafkaConnectionError(), NotCoordinatorForGroupError(), IllegalStateError("a bug"))
    settings = Settings(retry_pause_ms_min=1, retry_pause_ms_max=2)
    lane = TopicProjection(reader, ASlowStore(), settings, asyncio.Event())  # type: ignore[arg-type]  # fakes
    with pytest.raises(IllegalStateError):
        await lane.run()
    assert (reader.errors, reader.stops) == ([], 3)
