"""The fence of a switch: the old generation's consumer groups, emptied and moved, so that an old member's commit fails."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError

from operations.topics import admin_of
from runtime.kafka.clients import make_consumer
from runtime.kafka.group_members import remove_members
from runtime.kafka.settings import KafkaSettings

_POLL_S: Final = 0.2
_LEAVE_S: Final = 4.0
"""Members hear of a switch, drain, commit and leave within this; who is in the group then is taken out of it."""
_STUBBORN_S: Final = 15.0
"""Members that come back for so long are of a release that hears of no switch: somebody has to stop them."""

To = Literal["commit", "begin", "end"]


async def fence(kafka: KafkaSettings, group: str, topic: str, to: To, waits_for: Callable[[str], None]) -> None:
    """Empty a group, and have it stand at its own commit, or where the topic begins or ends now.

    Kafka takes a stranger's commit only of a group without members, so a return says that it had none.

    Args:
        kafka: the cluster.
        group: a consumer group.
        topic: what it reads; nothing is done where the topic is gone.
        to: where it is to stand.
        waits_for: called with what has to be stopped, where members keep coming back.
    """
    consumer = make_consumer(kafka, "recibo-operator", group_id=group, enable_auto_commit=False)
    try:
        await consumer.start()
        await consumer._client.set_topics([topic])  # noqa: SLF001 - partitions_for_topic knows only these
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        if not partitions:
            return
        consumer.assign(partitions)
        begun, told = time.monotonic(), False
        while True:
            try:
                await consumer.commit(await _position(consumer, partitions, to))
            except CommitFailedError:
                waited_s = time.monotonic() - begun
                if waited_s > _LEAVE_S:
                    async with admin_of(kafka) as admin:
                        await remove_members(admin, group)
                if waited_s > _STUBBORN_S and not told:
                    waits_for(f"what reads {topic} as {group}")
                    told = True
                await asyncio.sleep(_POLL_S)
            else:
                return
    finally:
        await consumer.stop()


async def _position(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition], to: To
) -> Mapping[TopicPartition, Any]:
    if to == "end":
        return dict(await consumer.end_offsets(partitions))
    begins: dict[TopicPartition, int] = await consumer.beginning_offsets(partitions)
    if to == "begin":
        return begins
    committed = {tp: await consumer.committed(tp) for tp in partitions}
    return {tp: begins[tp] if offset is None else offset for tp, offset in committed.items()}
