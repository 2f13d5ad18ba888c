"""An example for other services: what has happened to messages, each event handled once.

    python deploy/demo/example_consumer.py 127.0.0.1:9092 message.events.g1

It needs nothing of Recibo but the published contract (`schemas/published/message.events.v1.json`): copy it and start from
there. Delivery is at least once, so whoever consumes must know an event again: by its source, subject and id, which never have
two values.
"""

import asyncio
import json
import sqlite3
import sys
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition


class HandledIds:
    """Remembers which events were handled, and how far each partition was read, in one file: one transaction for both.

    A real service does this in the database that it writes its own results to, in the same transaction.
    """

    def __init__(self, path: str) -> None:
        """Open the file at `path` (`:memory:` for none), making its tables where they are missing."""
        self._database = sqlite3.connect(path)
        self._database.execute("CREATE TABLE IF NOT EXISTS handled (id TEXT PRIMARY KEY)")
        self._database.execute("CREATE TABLE IF NOT EXISTS position (partition_ INTEGER PRIMARY KEY, offset_ INTEGER)")

    def next_offset(self, partition: int) -> int:
        """Return where to resume reading a partition."""
        found = self._database.execute("SELECT offset_ FROM position WHERE partition_ = ?", (partition,)).fetchone()
        return int(found[0]) if found else 0

    def handle_once(self, partition: int, offset: int, event: dict[str, Any], handle: Callable[[Any], None]) -> bool:
        """Handle an event unless its id is known. Return whether it was new."""
        identity = json.dumps([event["source"], event["subject"], event["id"]])
        with self._database:  # all or nothing: a crash in here changes nothing, and the event comes again
            known = self._database.execute("INSERT OR IGNORE INTO handled VALUES (?)", (identity,)).rowcount == 0
            if not known:
                handle(event)
            self._database.execute("INSERT OR REPLACE INTO position VALUES (?, ?)", (partition, offset + 1))
        return not known

    def close(self) -> None:
        """Close the file."""
        self._database.close()


async def consume(
    bootstrap_servers: str, topic: str, handled: HandledIds, handle: Callable[[Any], None], *, until_end: bool = False
) -> int:
    """Handle the events of `topic` once each, for ever, or until what is there now is read.

    Returns:
        How many were new.
    """
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest")
    await consumer.start()
    new = 0
    try:
        partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
        for partition in partitions:
            consumer.seek(partition, handled.next_offset(partition.partition))
        ends = await consumer.end_offsets(partitions)
        while True:
            for partition, records in (await consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    event = json.loads(record.value)
                    new += handled.handle_once(partition.partition, record.offset, event, handle)
            if until_end and all(handled.next_offset(p.partition) >= end for p, end in ends.items()):
                return new
    finally:
        await consumer.stop()


def print_event(event: dict[str, Any]) -> None:
    """Say what happened. Fields that this program does not know are left alone: new ones may appear."""
    data = event["data"]
    error = data.get("error", {}).get("category", "")
    print(event.get("time", "no time of its own"), data["account"], event["subject"], data["status"], error)


if __name__ == "__main__":
    asyncio.run(consume(sys.argv[1], sys.argv[2], HandledIds("handled.sqlite"), print_event))
