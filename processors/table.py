"""One table's states of one partition: hot states, the store, the changelog, and who may write to it."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import structlog
from aiokafka import TopicPartition

from processors.batch import Produced
from processors.changelog import read_stretch, recover
from processors.expiry import is_expired
from processors.fold import State, StateKind
from processors.hot_states import HotStates
from processors.sender import Acknowledged, PartitionSender, acknowledged
from processors.store import StateStore
from runtime.kafka.settings import KafkaSettings
from schemas.errors import ContiguityBroken, ForeignWriter
from schemas.message_state import last_at_of, version_of

log = structlog.get_logger()


def now_ms() -> int:
    """Return the wall clock, UTC ms: the timestamp of a state that is written again."""
    return time.time_ns() // 1_000_000


class Table:
    """Keeps a table's partition: what is known of each key now, including what is not stored yet."""

    def __init__(
        self,
        store: StateStore,
        sender: PartitionSender,
        kind: StateKind,
        hot: HotStates,
        kafka: KafkaSettings,
        on_progress: Callable[[str, int, int, int], None],
    ) -> None:
        """Wire a table.

        Args:
            store: its states on disk.
            sender: the one writer of its changelog partition.
            kind: what its states are.
            hot: where decoded states are kept.
            kafka: the cluster, for reading the changelog.
            on_progress: called as recovery advances: topic, partition, done, total.
        """
        self.sender = sender
        self._store = store
        self._decode = kind.decode
        self._encode = kind.encode
        self._hot = hot
        self._kafka = kafka
        self._on_progress = on_progress
        self._changelog = TopicPartition(sender.topic, sender.partition)
        self._changelog_end = 0
        self._stored_batch = 0
        self._hidden: set[bytes] = set()

    async def recover(self) -> None:
        """Read the changelog's tail into the store, and write again what a foreign record hides there."""
        topic, partition = self._changelog
        self._changelog_end, hidden = await recover(
            self._kafka,
            self._store,
            self._changelog,
            lambda done, total: self._on_progress(topic, partition, done, total),
        )
        await self._write_again(hidden)

    def states(self, keys: Sequence[bytes]) -> dict[bytes, State | None]:
        """Return what is known of `keys`: hot states first, the others by one multi-get. Given back by `keep`."""
        found: dict[bytes, State | None] = {}
        cold = []
        for key in keys:
            state = self._hot.get(key)
            if state is None:
                cold.append(key)
            found[key] = state
        for key, value in zip(cold, self._store.get(cold), strict=True):
            if value is not None:
                found[key] = self._decode(value)
                self._hot.put(key, found[key], 0, len(value))
        return found

    def keep(self, states: Mapping[bytes, State | None], changed: Iterable[Produced], batch: int) -> None:
        """Keep the states that batch number `batch` changed until the store has them, and as long as they are hot."""
        for key, value, _ in changed:
            self._hot.put(key, states[key], batch, len(value or b""))
        self._hot.evict(self._stored_batch)

    def rewrites(self) -> list[Produced]:
        """Return, once, the states to write again because a foreign record hides them in the changelog."""
        keys, self._hidden = list(self._hidden), set()
        again = self.states(keys)
        return [(k, self._encode(s) if s is not None else None, now_ms()) for k, s in again.items()]

    def expired(self, after: bytes, count: int, stream_time_ms: int) -> tuple[bytes, list[bytes]]:
        """Look at the next `count` stored states for ones that count as absent anyway.

        Args:
            after: key to continue after; b"" to begin.
            count: states to look at.
            stream_time_ms: greatest time of a record that is never replayed.

        Returns:
            The key to continue after (b"" at the end), and the expired keys.
        """
        rows = self._store.scan(after, count)
        keys = [key for key, value in rows if is_expired(last_at_of(value), stream_time_ms)]
        return (rows[-1][0] if len(rows) == count else b""), keys

    def tombstones(self, keys: Sequence[bytes], stream_time_ms: int) -> list[Produced]:
        """Return deletions for those of `keys` that are expired still; they are forgotten at once.

        Their timestamp is the stream time, by which recovery recognises a deletion that came too late.
        """
        gone: list[Produced] = []
        for key, state in self.states(keys).items():
            if state is not None and is_expired(state.bookkeeping.last_at_ms, stream_time_ms):
                self._hot.drop(key)
                gone.append((key, None, stream_time_ms))
        return gone

    @property
    def version(self) -> int:
        """Greatest version of a stored state; -1 for none."""
        return self._store.version

    @property
    def hot_bytes(self) -> int:
        """What the decoded states kept in memory take, about."""
        return self._hot.bytes

    def count_expired(self, after: bytes, count: int, stream_time_ms: int) -> tuple[bytes, int, int]:
        """Look at the next `count` stored states as `expired` does; return where to continue, how many, how many expired."""
        rows = self._store.scan(after, count)
        expired = sum(is_expired(last_at_of(value), stream_time_ms) for _, value in rows)
        return (rows[-1][0] if len(rows) == count else b""), len(rows), expired

    @property
    def has_rewrites(self) -> bool:
        """Whether `rewrites` has something to give."""
        return bool(self._hidden)

    async def extend_changelog(self, landed: Sequence[Acknowledged]) -> int:
        """Check that our changelog writes are contiguous, and answer what stands between them.

        Returns:
            The changelog offset up to which everything is known: what the store may say it holds.
        """
        for first, end in landed:
            if first < self._changelog_end:
                raise ContiguityBroken(
                    f"{self._changelog}: acknowledged at {first}, before the {self._changelog_end} that was expected; the "
                    "topic was truncated or recreated under this worker. Restart it to recover from what is there."
                )
            if first > self._changelog_end:
                await self._answer_foreign_writer(self._changelog_end, first)
            self._changelog_end = end
        return self._changelog_end - 1

    async def _answer_foreign_writer(self, first: int, end: int) -> None:
        """Note the keys of which another worker (paused past its session, then resumed) wrote an older state.

        Raises:
            ForeignWriter: it wrote a newer one, so we are the late one, or it was ahead of where we began.
        """
        log.warning("written by another worker", changelog=str(self._changelog), first=first, last=end - 1)
        foreign = {r.key: r.value for r in await read_stretch(self._kafka, self._changelog, first, end)}
        for key, ours in self.states(list(foreign)).items():
            theirs = foreign[key]
            our_version = ours.bookkeeping.version if ours is not None else -1
            if theirs is not None and version_of(theirs) > our_version:
                raise ForeignWriter(
                    f"{self._changelog}: another worker wrote newer states at offsets {first} to {end - 1}: it owns the "
                    "partition, or did a moment ago. This worker stops; started again, it continues from what is there."
                )
            if ours is not None and (theirs is None or version_of(theirs) < our_version):
                self._hidden.add(key)

    def store_batch(self, changed: Sequence[Produced], offset: int, batch: int) -> None:
        """Write a batch's states to disk, with the changelog offset they reach: all of the batch is acknowledged."""
        if changed:
            version = max((version_of(value) for _, value, _ in changed[-1:] if value is not None), default=-1)
            self._store.apply(((key, value) for key, value, _ in changed), offset, version)
        self._stored_batch = batch

    def scrub(self, keys: Sequence[bytes]) -> None:
        """Have what is stored of forgotten messages leave the disk's files, beside everything else."""
        threading.Thread(target=self._store.scrub, args=(list(keys),), name="scrub", daemon=True).start()

    async def _write_again(self, hidden: Mapping[bytes, bytes]) -> None:
        if not hidden:
            return
        log.warning(
            "writing again states that a foreign record hid", changelog=str(self._changelog), states=len(hidden)
        )
        await self.extend_changelog(
            await acknowledged(await self.sender.send([(k, v, now_ms()) for k, v in hidden.items()]))
        )
