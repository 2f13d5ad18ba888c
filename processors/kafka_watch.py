"""Whether Kafka answers, and whether each partition has a leader to write to: what tells "waiting for Kafka" from "stuck"."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

from aiokafka.errors import KafkaError

from runtime.kafka.clients import make_admin
from runtime.kafka.settings import KafkaSettings

_INTERVAL_S: Final = 2.0
_ANSWER_S_MAX: Final = 5.0
_REQUEST_TIMEOUT_MS: Final = 4_000


class KafkaWatch:
    """Asks the cluster about the topics every few seconds."""

    def __init__(self, kafka: KafkaSettings, topics: Sequence[str]) -> None:
        """Prepare; nothing is asked yet, and Kafka counts as there."""
        self._kafka = kafka
        self._topics = list(topics)
        self._answered_at = time.monotonic()
        self._away_at = 0.0
        self._leaderless_at: dict[int, float] = {}

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            try:
                async with asyncio.timeout(_ANSWER_S_MAX):
                    await self._ask()
            except (KafkaError, OSError, TimeoutError):
                self._away_at = time.monotonic()
            await asyncio.sleep(_INTERVAL_S)

    def away_s(self) -> float:
        """Return for how long Kafka has not answered; 0 while it does."""
        silent_s = time.monotonic() - self._answered_at
        return silent_s if silent_s > _INTERVAL_S + _ANSWER_S_MAX else 0.0

    def away_until(self, partition: int) -> float:
        """Return when (monotonic) Kafka, or a partition's leader, was last seen away; 0: never."""
        return max(self._away_at, self._leaderless_at.get(partition, 0.0))

    def leaderless(self) -> list[int]:
        """Return the partitions that had no leader when last asked."""
        return sorted(partition for partition, at in self._leaderless_at.items() if at >= self._answered_at)

    async def _ask(self) -> None:
        admin = make_admin(self._kafka, "recibo-processors", request_timeout_ms=_REQUEST_TIMEOUT_MS)
        try:
            await admin.start()
            described = await admin.describe_topics(self._topics)
        finally:
            await admin.close()
        self._answered_at = time.monotonic()
        for partition in leaderless(described):
            self._leaderless_at[partition] = self._answered_at


def leaderless(described: Iterable[Any]) -> set[int]:
    """Return the numbers of the partitions that have no leader, in any of the topics described. Pure."""
    return {p["partition"] for topic in described for p in topic["partitions"] if p["leader"] < 0}
