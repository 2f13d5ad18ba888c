"""Records of one partition on their way together, and the future of what becomes of them."""

import asyncio

from ingest.log_record import BATCH_OVERHEAD_BYTES, LogRecord
from schemas.errors import LogUnavailable

Refused = list[tuple[LogRecord, str]]
"""Records that Kafka does not take, now or later, each with why; the very objects that were appended."""


class Batch:
    """What one sender sends at once. All who wait for one of its records await its one future."""

    __slots__ = ("acked", "began_s", "bytes", "departure", "is_patient", "records")

    def __init__(self, began_s: float, departure: int, acked: "asyncio.Future[Refused]", *, is_patient: bool) -> None:
        """Begin without records.

        Args:
            began_s: monotonic seconds; the deadline counts from here.
            departure: the linger's number.
            acked: done when all of its records are in the log, but for those that Kafka refuses.
            is_patient: whether those who wait do so for as long as the broker answers at all: the spool, not requests.
        """
        self.records: list[LogRecord] = []
        self.bytes = BATCH_OVERHEAD_BYTES
        """At most, before compression."""
        self.began_s = began_s
        self.departure = departure
        self.acked = acked
        self.is_patient = is_patient

    def succeed(self, refused: Refused) -> None:
        """Tell whoever waits that the batch is in the log, without the refused ones."""
        if not self.acked.done():
            self.acked.set_result(refused)

    def fail(self, why: str) -> None:
        """Tell whoever waits that the batch may not be in the log."""
        if not self.acked.done():
            self.acked.set_exception(LogUnavailable(why))
            self.acked.exception()  # a hung-up client leaves nobody to look at it
