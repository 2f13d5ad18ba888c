"""How far the live projector has read: a comparison waits until it has seen what the shadow has."""

import asyncio
import time
from collections.abc import Mapping
from typing import Final

from aiokafka import TopicPartition

from operations.rebuild.replay import Progress
from projections.settings import Settings
from runtime.kafka.clients import make_consumer

_POLL_S: Final = 0.1
_STILL_S_MAX: Final = 5.0
"""A projector that commits nothing for so long does not run, or cannot."""


async def until_read(
    settings: Settings, group: str, topic: str, ends: Mapping[int, int] | None, progress: Progress
) -> int:
    """Wait until `group` has read `topic` up to `ends` (None: where it ends now), or stands still.

    Returns:
        The records it has not read.
    """
    consumer = make_consumer(settings.kafka, "recibo-operator", group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        await consumer._client.set_topics([topic])  # noqa: SLF001 - partitions_for_topic knows only these
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        if ends is None:
            ends = {tp.partition: end for tp, end in (await consumer.end_offsets(partitions)).items()}
        begins = await consumer.beginning_offsets(partitions)
        lag, total, moved_at = -1, 0, time.monotonic()
        while True:
            read = {tp: await consumer.committed(tp) for tp in partitions}
            now = sum(max(0, ends[tp.partition] - (begins[tp] if at is None else at)) for tp, at in read.items())
            if now != lag:
                lag, total, moved_at = now, max(total, now), time.monotonic()
            progress("the live projector", total - lag, total)
            if lag == 0 or time.monotonic() - moved_at > _STILL_S_MAX:
                return lag
            await asyncio.sleep(_POLL_S)
    finally:
        await consumer.stop()
