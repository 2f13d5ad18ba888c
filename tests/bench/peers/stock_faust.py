"""Stock Faust: an agent and a table on RocksDB, at least once, as its documentation teaches it.

Tuned within what it offers: raw serializers, compiled JSON, zstd, large produce batches that linger, uvloop, no logging of
every message.
"""

import logging
import sys
from typing import Any

import mode.loop

mode.loop.use("uvloop")  # before Faust is imported; its own option comes too late for an application run as a script

import faust  # noqa: E402
import orjson  # noqa: E402

from tests.bench.peers.first_fetch import announce_first_fetch  # noqa: E402
from tests.bench.peers.task import Task  # noqa: E402
from tests.bench.peers.work import Raw, fold  # noqa: E402

_RAW: dict[str, Any] = {
    "key_type": bytes,
    "value_type": bytes,
    "key_serializer": "raw",
    "value_serializer": "raw",
}


def create_app(task: Task) -> faust.App:
    """Return the application."""
    app = faust.App(
        task.app,
        broker=f"kafka://{task.bootstrap}",
        store="rocksdb://",
        datadir=task.folder,
        topic_partitions=4,
        topic_replication_factor=1,
        topic_disable_leader=True,
        web_enabled=False,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=4 * 1024 * 1024,
        broker_commit_interval=1.0,
        producer_compression_type="zstd",
        producer_max_batch_size=512 * 1024,
        producer_linger=0.05,
        stream_buffer_maxsize=16_384,
        table_standby_replicas=0,
    )
    raw = app.topic(task.raw, **_RAW)
    events = app.topic(task.events, **_RAW)
    set_aside = app.topic(task.set_aside, **_RAW)
    table = app.Table("state", partitions=4, key_type=bytes, value_type=bytes, options={"driver": "rocksdict"})

    @app.agent(raw)
    async def track(stream: Any) -> None:
        async for event in stream.events():
            message, key = event.message, event.key
            known = table.get(key)
            record = Raw(
                key, event.value, message.headers, message.partition, message.offset, round(message.timestamp * 1000)
            )
            state, done = fold(record, orjson.loads(known) if known is not None else None)
            if done.event is not None:
                table[key] = orjson.dumps(state)
                await events.send(key=key, value=done.event)
            else:
                await set_aside.send(key=key, value=done.set_aside)

    return app


if __name__ == "__main__":
    logging.disable(logging.INFO)  # else Faust makes a record, heard by nobody, of each message
    announce_first_fetch()
    sys.argv = [sys.argv[0], "worker", "--without-web", "--loglevel", "warn"]
    create_app(Task.from_environ()).main()
