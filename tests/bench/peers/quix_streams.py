"""Quix Streams: a stateful application on RocksDB with a changelog, at least once.

Run by the interpreter of an environment of its own (`environments.py`), which has nothing of ours.
"""

from typing import Any

from quixstreams import Application, State, message_context  # type: ignore[import-not-found]  # see environments.py
from quixstreams.models.serializers import Serializer  # type: ignore[import-not-found]

from tests.bench.peers.task import Task, say_first
from tests.bench.peers.work import Done, Raw, fold


class DoneSerializer(Serializer):  # type: ignore[misc]  # quixstreams is not installed where types are checked
    """Writes what a record led to: one topic for events, one for what is set aside, chosen without a branch."""

    def __call__(self, value: Done, ctx: Any) -> bytes | None:  # noqa: ARG002 - Quix passes it by name
        """Return the record's bytes."""
        return value.event if value.event is not None else value.set_aside


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
    raw = app.topic(task.raw, key_deserializer="bytes", value_deserializer="bytes")
    events = app.topic(task.events, key_serializer="bytes", value_serializer=DoneSerializer())
    set_aside = app.topic(task.set_aside, key_serializer="bytes", value_serializer=DoneSerializer())
    done = app.dataframe(raw).apply(Tracker(), stateful=True, metadata=True).set_headers(lambda *_: [])
    done.to_topic(lambda value, *_: events if value.event is not None else set_aside)
    app.run()


if __name__ == "__main__":
    run(Task.from_environ())
