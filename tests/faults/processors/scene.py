"""A real broker's topics, seeded traffic into them, and what is found in them beside the truth."""

import random
from collections.abc import Iterable
from typing import Any, Final, Self

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from schemas.topics import RAW, Topics
from tests.faults.processors.findings import Findings
from tests.faults.processors.raw_log import TopicReader, append, committed, make_topics, raw_producer
from tests.faults.processors.traffic import RawRecord, Traffic
from tests.faults.processors.worker import WorkerProcess
from tests.support.polling import until

FINISH_S_MAX: Final = 90.0
_POLL_S: Final = 0.03


class WorkerFailed(AssertionError):
    """A worker ended, or hung, in a way that nothing explains."""


class Scene:
    """The topics of one generation, and one truth about them."""

    def __init__(self, bootstrap: str, *, seed: int, generation: int = 0, partitions: int = 3) -> None:
        """Prepare; nothing is connected yet.

        Args:
            bootstrap: the broker.
            seed: of the traffic.
            generation: of the derived topics and the group; 0 for one that the broker has not seen.
            partitions: of every topic.
        """
        generation = generation or random.SystemRandom().randrange(10**3, 10**9)
        self.bootstrap = bootstrap
        self.generation = generation
        self.traffic = Traffic(seed, forgets=True)
        self.findings = Findings(generation)
        self._partitions = partitions
        topics = Topics(generation)
        outputs = (topics.message_events, topics.connection_events, topics.set_aside)
        self._raw = TopicReader(bootstrap, (RAW,), partitions)
        self._outputs = TopicReader(bootstrap, outputs, partitions)
        self._states = TopicReader(bootstrap, (topics.message_state, topics.connection_state), partitions)
        self._admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        self._producer: AIOKafkaProducer = raw_producer(bootstrap)

    async def __aenter__(self) -> Self:
        await make_topics(self.bootstrap, self.generation, self._partitions)
        for client in self._clients():
            await client.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients():
            await (client.close() if isinstance(client, AIOKafkaAdminClient) else client.stop())

    def _clients(self) -> tuple[Any, ...]:
        return (self._raw, self._outputs, self._states, self._admin, self._producer)

    async def append(self, records: Iterable[RawRecord]) -> None:
        """Append records to the raw log."""
        await append(self._producer, records, self._partitions)

    async def look(self) -> None:
        """Read what is new in the topics and check what must hold at any moment."""
        done = await self.committed()  # first: it may not be ahead of what is read after it
        outputs = await self._outputs.read()
        states = await self._states.read()
        findings = self.findings
        findings.raw(await self._raw.read())
        findings.outputs(outputs)
        findings.states(states)
        findings.check_written_ahead()
        findings.check_committed(done)
        findings.check_seen()

    async def done(self) -> bool:
        """Return whether all of the raw log is committed."""
        return max((await self.backlog()).values()) <= 0

    async def committed(self) -> dict[int, int]:
        """Return the committed offset of each raw partition that has one."""
        return await committed(self._admin, self.generation)

    async def ends(self) -> dict[int, int]:
        """Return where each raw partition ends."""
        return {tp.partition: end for tp, end in (await self._raw.end_offsets()).items()}

    async def changelog_records(self) -> int:
        """Return how many records the state topics hold."""
        return sum((await self._states.end_offsets()).values())

    async def backlog(self) -> dict[int, int]:
        """Return, for each raw partition, how many records are not committed."""
        done = await self.committed()
        return {partition: end - done.get(partition, 0) for partition, end in (await self.ends()).items()}

    async def until_done(self) -> None:
        """Wait until all of the raw log is committed."""
        await until(self.done, "all to be committed", s_max=FINISH_S_MAX, every_s=_POLL_S)

    async def until_ended_or_done(self, worker: WorkerProcess) -> None:
        """Wait until the worker ended or nothing is left to do. Raises WorkerFailed when neither happens."""

        async def ended_or_done() -> bool:
            return worker.code() is not None or await self.done()

        try:
            await until(ended_or_done, "the worker", s_max=FINISH_S_MAX, every_s=_POLL_S)
        except TimeoutError as error:
            raise WorkerFailed(f"it neither finished nor died: {worker.log_tail()}") from error

    async def check_finished(self) -> None:
        """All work is done: compare everything with the truth."""
        await self.look()
        self.findings.check_finished()
