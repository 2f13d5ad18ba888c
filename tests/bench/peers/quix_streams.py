"""Quix Streams: a stateful application on RocksDB with a changelog, at least once.

Run by the interpreter of an environment of its own (`environments.py`), which has nothing of ours.
"""

from typing import Any

from quixstreams import Application, State, message_context  # type: ignore[import-not-found]  # see environments.py

from tests.bench.peers.task import Task, say_first
from tests.bench.peers.work import Done, Raw, fold


class Tracker:
    """Folds records over Quix's state."""

    def __init__(self) -> None:
        self._started = False

    def __call__(self, value: bytes, key: bytes, timestamp: int, headers: Any, state: State) -> Done:
        """Fold one record; returns what to write."""
        if not self._started:
            self._started = True
            say_first()
        context = message_context()
        raw = Raw(key, value, headers, context.partition, context.offset, timestamp)
        folded, done = fold(raw, state.get("state"))
        if done.event is not None:
            state.set("state", folded)
        return done


def run(task: Task) -> None:
    """Run the application until it is stopped."""
    app = Application(
        broker_address=task.bootstrap,
        consumer_group=task.app,
        auto_offset_reset="earliest",
        state_dir=task.folder,
        commit_interval=1.0,
        loglevel="WARNING",
        consumer_extra_config={"fetch.min.bytes": 1, "fetch.wait.max.ms": 50},
        producer_extra_config={
            "compression.type": "zstd",
            "linger.ms": 50,
            "batch.size": 1_000_000,
            "queue.buffering.max.messages": 500_000,
        },
    )
    bytes_in: dict[str, Any] = {"key_deserializer": "bytes", "value_deserializer": "bytes"}
    bytes_out: dict[str, Any] = {"key_serializer": "bytes", "value_serializer": "bytes"}
    done = app.dataframe(app.topic(task.raw, **bytes_in)).apply(Tracker(), stateful=True, metadata=True)
    done.filter(lambda d: d.event is not None).apply(lambda d: d.event).to_topic(app.topic(task.events, **bytes_out))
    done.filter(lambda d: d.event is None).apply(lambda d: d.set_aside).to_topic(app.topic(task.set_aside, **bytes_out))
    app.run()


if __name__ == "__main__":
    run(Task.from_environ())
