"""`python -m tests.faults.processors.mutant_worker NAME`: a worker with one safety taken out, to see that the harness notices.

The product knows nothing of this: each mutant replaces one decision of it from outside, before the worker starts.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from processors import batch as batch_module
from processors import crash_points
from processors.__main__ import main
from processors.lane import BatchInFlight
from processors.lane import Lane as RealLane
from processors.sender import PartitionSender as RealSender
from processors.sender import Sent, acknowledged
from processors.transport import BatchConsumer as RealConsumer

# What is replaced is meant to change, whatever its type says.
Lane: Any = RealLane
PartitionSender: Any = RealSender
BatchConsumer: Any = RealConsumer
Batch: Any = batch_module


class _HeldBack:
    """Stands for a table's sender, and sends nothing yet."""

    def __init__(self, sender: RealSender) -> None:
        self.later = sender
        self.topic, self.partition = sender.topic, sender.partition

    async def send(self, _: Sequence[Any]) -> Sent:
        return Sent([])


def emit_before_write_ahead() -> None:
    """Events are published first; only then are the states written that list them."""
    run, store = Lane.run, Lane._store_and_acknowledge

    async def run_without_states(lane: RealLane) -> None:
        for table in lane._tables:
            await table.recover()
            table.sender = _HeldBack(table.sender)  # type: ignore[assignment]
            table.recover = _nothing  # type: ignore[method-assign]
        await run(lane)

    async def store_after_states(lane: RealLane, batch: BatchInFlight) -> None:
        for sent in batch.sent:
            await acknowledged(sent)
        crash_points.reach("outputs_acknowledged")
        batch.sent, batch.changelog_offsets = [], []
        for table, changed in zip(lane._tables, batch.changed, strict=True):
            sent = await table.sender.later.send(changed)  # type: ignore[attr-defined]
            batch.changelog_offsets.append(await table.extend_changelog(await acknowledged(sent)))
        await store(lane, batch)

    Lane.run, Lane._store_and_acknowledge = run_without_states, store_after_states


async def _nothing() -> None:
    return


def acknowledge_early() -> None:
    """A batch is acknowledged when it comes, not when its work is durable."""
    submit = Lane.submit

    def submit_acknowledged(lane: RealLane, batch: BatchInFlight) -> None:
        batch.acknowledge()
        batch.acknowledge = lambda: None
        submit(lane, batch)

    Lane.submit = submit_acknowledged


def commit_one_too_far() -> None:
    """The committed offset leaves one record out."""
    new_offset = BatchConsumer._new_offset

    def one_more(consumer: RealConsumer, tp: Any) -> int | None:
        offset = new_offset(consumer, tp)
        return None if offset is None else offset + 1

    BatchConsumer._new_offset = one_more


def two_senders() -> None:
    """Batches for one partition are handed to the producer at once, not one after the other."""

    async def settled(handing_over: Any) -> Any:
        future, _ = await handing_over
        return await future

    async def send(sender: RealSender, records: Sequence[Any]) -> Sent:
        half = max(1, len(records) // 2)
        futures: list[tuple[asyncio.Future[Any], int]] = []
        for part in (records[:half], records[half:]):
            if part:
                batch = sender._producer.create_batch()
                for key, value, at_ms in part:
                    batch.append(key=key, value=value, timestamp=at_ms)
                count = batch.record_count()
                futures.append((asyncio.ensure_future(settled(sender._hand_over(batch))), count))
        return Sent(futures)

    PartitionSender.send = send


def dedupe_without_reemit() -> None:
    """An event known from this very coordinate is taken for a repeat: what a crash cut off is never published."""
    fold = Batch.fold

    def forgetful(*args: Any) -> Any:
        state, outcome, changed = fold(*args)
        return (state, outcome if changed or outcome == "overflow" else "repeat", changed)

    Batch.fold = forgetful


MUTANTS: Final[dict[str, Callable[[], None]]] = {
    mutant.__name__: mutant
    for mutant in (
        emit_before_write_ahead,
        acknowledge_early,
        commit_one_too_far,
        two_senders,
        dedupe_without_reemit,
    )
}

if __name__ == "__main__":
    MUTANTS[sys.argv[1]]()
    main()
