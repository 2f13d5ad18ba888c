"""One URL's way through the raw log: takes what is read, starts deliveries, and commits what is behind the oldest open one."""

import asyncio
import time
from typing import Any, Final

import msgspec
import structlog
from aiokafka.errors import KafkaError

from relay.metrics import TargetMetrics
from relay.raw.bookmark import Bookmark
from relay.raw.delivery import Delivery, Webhook
from relay.raw.log_readers import LogReaders
from relay.raw.progress import Progress
from relay.raw.target import Target
from relay.settings import Settings
from runtime.tasks import Tasks
from schemas.errors import ConfigurationError
from schemas.record import HEADER_RELAY, HEADER_REQUEST, HEADER_SOURCE, decode_request, decode_source
from schemas.relay_header import read_relay_header

_COMMIT_S: Final = 1.0
_AGAIN_S_MIN: Final = 5.0
_AGAIN_S_MAX: Final = 300.0
_STABLE_S: Final = 60.0

log = structlog.get_logger()


def again_s(failures: int) -> float:
    """Return how long to wait after the failure that is the `failures`th (from 1) in a row.

    A webhook that no code of ours can post is read again each time, and the others after it are posted again.
    """
    return float(min(_AGAIN_S_MAX, _AGAIN_S_MIN * 2 ** min(failures - 1, 10)))


class Courier:
    """Hands one source's webhooks on to one URL, for ever. Other URLs have couriers of their own, and the same readers."""

    def __init__(
        self, target: Target, delivery: Delivery, readers: LogReaders, settings: Settings, metrics: TargetMetrics
    ) -> None:
        self._target = target
        self._delivery = delivery
        self._readers = readers
        self._settings = settings
        self._metrics = metrics
        self._progress = Progress({})
        self._deliveries = Tasks()
        self._oldest: dict[tuple[int, int], float] = {}
        self._is_full = False
        self._failure: Exception | None = None
        self.session = 0
        """How often it began."""
        self.is_reading = False
        """It has the log before it."""
        self.trouble = ""
        """Why it does not read, where something failed."""

    async def run(self) -> None:
        """Hand on until cancelled; begin again from the last commit after whatever fails: ever later where that is no fault of Kafka."""
        failures = 0
        while True:
            begun = time.monotonic()
            try:
                await self._hand_on()
            except (KafkaError, ConfigurationError) as error:  # of a file of secrets, perhaps being replaced
                pause = again_s(1)
                log.warning("Kafka fails; trying again", host=self._target.host, pause_s=pause, why=repr(error))
                self.trouble = f"Kafka fails: {error!r}"
            except Exception as error:
                failures = 1 if time.monotonic() - begun > _STABLE_S else failures + 1
                pause = again_s(failures)
                log.exception("a courier failed; it restarts", host=self._target.host, pause_s=pause)
                self.trouble = f"failed {failures} times in a row, and begins again in {pause:.0f} s: {error!r}"
            await asyncio.sleep(pause)

    def positions(self) -> dict[int, int]:
        """Return partition → the next offset it wants."""
        return self._progress.positions()

    def has_room(self) -> bool:
        """Return whether it takes more now. Once full, it takes more when half is taken: reading again from there is dear."""
        s, progress = self._settings, self._progress
        share = 0.5 if self._is_full else 1.0
        self._is_full = (
            progress.waiting >= s.waiting_max * share or progress.waiting_bytes >= s.waiting_bytes_max * share
        )
        return not self._is_full

    def take(self, record: Any) -> bool:
        """Take a record that it has not had, and begin to deliver it where it is a webhook. Return False where there is no room."""
        where = (record.partition, record.offset)
        if record.offset < self._progress.next_in(record.partition):
            return True
        if not self.has_room():
            return False
        webhook = webhook_of(record, self._target.source)
        if webhook is not None:
            self._begin(where, webhook)
        self._progress.read(where)
        return True

    def fail(self, error: Exception) -> None:
        """Take note that taking a record failed: it begins again."""
        self._failure = error

    def skip_to(self, begins: dict[int, int]) -> None:
        """Go on no earlier than the log begins: what lay before has left it."""
        for partition, at in self._progress.positions().items():
            if at < begins.get(partition, 0):
                self._bookmark.note_lost(partition, begins[partition] - at)
                self._progress.read((partition, begins[partition] - 1))

    async def _hand_on(self) -> None:
        s = self._settings
        self._bookmark = Bookmark(s.kafka, s.kafka.named(self._target.group), self._target.host)
        self._progress = Progress({})
        try:
            await self._bookmark.open()
            while True:
                self._progress = Progress(await self._bookmark.found(s.new_url_back_ms))
                self._oldest.clear()
                self._failure = None
                self.session += 1
                self._readers.attach(self)
                self.is_reading, self.trouble = True, ""
                await self._until_partitions_came()
                await self._let_go()
        finally:
            try:
                await self._let_go()
            finally:
                await asyncio.shield(self._bookmark.close())

    async def _until_partitions_came(self) -> None:
        """Commit and measure until the log has partitions that are not read here.

        Raises:
            TaskDied: a delivery died: its webhook would hold up the commits for ever, unseen.
            Exception: taking a record failed.
        """
        while self._readers.partitions <= self._progress.positions().keys():
            self._deliveries.raise_death()
            if self._failure is not None:
                raise self._failure
            await self._bookmark.commit(self._progress.safe())
            self._measure()
            await asyncio.sleep(_COMMIT_S)

    async def _let_go(self) -> None:
        """End what is under way, and commit what was taken."""
        self.is_reading = False
        self._readers.detach(self)
        self.session += 1
        deliveries, self._deliveries = self._deliveries, Tasks()
        await deliveries.close()
        try:
            await asyncio.shield(self._bookmark.commit(self._progress.safe()))
        except KafkaError as error:
            log.warning(
                "the last commit failed: some webhooks will be posted again", host=self._target.host, why=repr(error)
            )

    def _begin(self, where: tuple[int, int], webhook: Webhook) -> None:
        self._progress.begin(where, len(webhook.body))
        self._oldest[where] = time.monotonic()
        name = f"delivery of request {webhook.request_id} to {self._target.host}"
        self._deliveries.start(name, self._deliver(where, webhook), may_return=True)

    async def _deliver(self, where: tuple[int, int], webhook: Webhook) -> None:
        await self._delivery.deliver(webhook)
        self._progress.end(where)
        del self._oldest[where]

    def _measure(self) -> None:
        self._metrics.waiting.set(self._progress.waiting)
        oldest = next(iter(self._oldest.values()), None)
        self._metrics.oldest.set(0 if oldest is None else time.monotonic() - oldest)
        ends = self._readers.ends
        self._metrics.lag.set(sum(max(0, ends.get(p, at) - at) for p, at in self._progress.positions().items()))


def webhook_of(record: Any, source: str) -> Webhook | None:
    """Return the webhook that a raw record begins; None for one of another source, or that is not relayed."""
    headers = dict(record.headers)
    if HEADER_RELAY not in headers:
        return None
    try:
        if decode_source(headers[HEADER_SOURCE]).source != source:
            return None
        request_id = decode_request(headers[HEADER_REQUEST]).request_id
        return Webhook(request_id, record.value or b"", read_relay_header(headers[HEADER_RELAY]))
    except (KeyError, ValueError, msgspec.DecodeError):
        log.warning("unreadable headers: not relayed", partition=record.partition, offset=record.offset)
        return None
