"""The raw log read for all URLs together: once for those near its end, once more for those that are behind.

A URL that takes no more for now is left behind, where it is; it holds up nobody who keeps up, and is read for again once half of
what waits is taken. So there are two readers however many URLs there are, and nothing is kept for anybody here.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Final, Protocol

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from relay.raw.fan_out import is_near, read_from
from runtime.kafka.clients import make_consumer
from runtime.kafka.settings import KafkaSettings
from runtime.tasks import Tasks
from schemas.errors import ConfigurationError
from schemas.topics import MAX_RECORD_BYTES

_POLL_MS: Final = 500
_IDLE_S: Final = 0.05
_RECORDS_MAX: Final = 2_000
_AGAIN_S: Final = 5.0
_ASK_EVERY_S: Final = 2.0
_ANSWER_S_MAX: Final = 3.0
_METADATA_MS: Final = 5_000

log = structlog.get_logger()


class Follower(Protocol):
    """Somebody the log is read for."""

    session: int
    """Changes whenever it begins again elsewhere: what was read for it before is not its own."""

    def positions(self) -> dict[int, int]:
        """Return partition → the next offset it wants."""

    def has_room(self) -> bool:
        """Return whether it takes more now."""

    def take(self, record: Any) -> bool:
        """Take a record, or not for lack of room: then it wants it again."""

    def fail(self, error: Exception) -> None:
        """Take note that taking a record failed; nothing is read for it any more."""

    def skip_to(self, begins: dict[int, int]) -> None:
        """Go on no earlier than the log begins."""


class LogReaders:
    """Both readers. `attach` and `detach` may be called at any time."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._raw = kafka.topics().raw
        self._live: set[Follower] = set()
        self._behind: set[Follower] = set()
        self._wanted = asyncio.Event()
        self._failures: dict[str, str] = {}
        self.ends: dict[int, int] = {}
        """Partition → where the log ends, as last heard."""
        self.partitions: frozenset[int] = frozenset()
        """Those that the log has, as last heard; none before it was ever asked."""

    @property
    def trouble(self) -> str:
        """Why the log is not read, "" where it is."""
        return next(filter(None, self._failures.values()), "")

    def attach(self, follower: Follower) -> None:
        """Read for somebody from its positions on."""
        self._behind.add(follower)
        self._wanted.set()

    def detach(self, follower: Follower) -> None:
        """Read for somebody no more."""
        self._live.discard(follower)
        self._behind.discard(follower)

    async def run(self) -> None:
        """Read until cancelled. Nothing is connected before somebody is read for.

        Raises:
            TaskDied: a reader died of a bug.
        """
        await self._wanted.wait()
        died = asyncio.Event()
        tasks = Tasks(on_death=died.set)
        try:
            tasks.start("reader of the log's end", self._read("live", self._live, self._behind))
            tasks.start("reader for URLs that are behind", self._read("behind", self._behind, self._live))
            await died.wait()
        finally:
            await tasks.close()
        tasks.raise_death()

    async def _read(self, name: str, mine: set[Follower], others: set[Follower]) -> None:
        while True:
            consumer = make_consumer(
                self._kafka,
                f"recibo-relay-{name}",
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="none",
                max_partition_fetch_bytes=MAX_RECORD_BYTES,
                metadata_max_age_ms=_METADATA_MS,
            )
            asking: asyncio.Task[None] | None = None
            try:
                await consumer.start()
                asking = asyncio.create_task(self._ask(name, consumer))
                while True:
                    await self._turn(consumer, mine, others, is_live=mine is self._live)
            except (KafkaError, ConfigurationError) as error:  # of a file of secrets, perhaps being replaced
                self._failures[name] = f"Kafka fails: {error!r}"
                log.warning("Kafka fails; trying again", reader=name, pause_s=_AGAIN_S, why=repr(error))
            finally:
                if asking is not None:
                    asking.cancel()
                await asyncio.shield(consumer.stop())
            await asyncio.sleep(_AGAIN_S)

    async def _turn(self, consumer: Any, mine: set[Follower], others: set[Follower], *, is_live: bool) -> None:
        """Read once for those who take more; then those who are elsewhere by now change over."""
        open_ = [(follower, follower.session) for follower in mine if follower.has_room()]
        if not open_:
            self._change_over(mine, others, is_live=is_live)
            await asyncio.sleep(_IDLE_S)
            return
        await self._aim(consumer, read_from([follower.positions() for follower, _ in open_]))
        try:
            fetched = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_RECORDS_MAX)
        except OffsetOutOfRangeError:
            begins = await consumer.beginning_offsets(list(consumer.assignment()))
            for follower, _ in open_:
                follower.skip_to({tp.partition: begin for tp, begin in begins.items()})
            return
        for records in fetched.values():
            for follower, session in open_:
                self._hand(records, follower, session)
        self._change_over(mine, others, is_live=is_live)

    def _hand(self, records: Iterable[Any], follower: Follower, session: int) -> None:
        """Give somebody the records of a partition, as many as it takes. A bug of its own ends reading for it alone."""
        try:
            for record in records:
                if follower.session != session or not follower.take(record):
                    return
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told there, and begun again
            self.detach(follower)
            follower.fail(error)

    async def _aim(self, consumer: Any, wanted: dict[int, int]) -> None:
        """Have the consumer read from here on, and nothing else."""
        where = {TopicPartition(self._raw, number): at for number, at in wanted.items()}
        if consumer.assignment() != set(where):
            consumer.assign(list(where))
            for tp, at in where.items():
                consumer.seek(tp, at)
            return
        for tp, at in where.items():
            if await consumer.position(tp) != at:
                consumer.seek(tp, at)

    def _change_over(self, mine: set[Follower], others: set[Follower], *, is_live: bool) -> None:
        for follower in list(mine):
            if is_live != (follower.has_room() and is_near(follower.positions(), self.ends)):
                mine.discard(follower)
                others.add(follower)

    async def _ask(self, name: str, consumer: Any) -> None:
        """Ask, for ever, where the log ends: whether it answers, how far everybody is, and which partitions it has."""
        while True:
            try:
                async with asyncio.timeout(_ANSWER_S_MAX):
                    ends = await consumer.end_offsets(list(consumer.assignment()))
            except (KafkaError, TimeoutError) as error:
                within = f"within {_ANSWER_S_MAX:g} s" if isinstance(error, TimeoutError) else repr(error)
                self._failures[name] = f"Kafka does not answer {within}"
            else:
                self._failures[name] = ""
                self.ends |= {tp.partition: end for tp, end in ends.items()}
                self.partitions |= frozenset(consumer.partitions_for_topic(self._raw) or ())
            await asyncio.sleep(_ASK_EVERY_S)
