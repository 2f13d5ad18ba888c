"""A process that drains every spool under a root into a file of keys, for tests that break its system calls.

`python -m tests.support.spool_drainer ROOT TAKEN`: ends when nothing is left to be drained that it can drain.
"""

import asyncio
import os
import sys
from pathlib import Path

from ingest.durable.kafka_log import Outcome
from ingest.log_record import LogRecord
from tests.support.spools import FakeLog, drain_to, segments_to, spool_at

_ROUNDS_S = 7.0
"""A first round, and one more after the others' directories were looked at."""


class FileLog(FakeLog):
    """A log whose records are lines of a synced file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    async def append(self, topic: str, records: list[LogRecord]) -> Outcome:
        """Take records."""
        outcome = await super().append(topic, records)
        os.write(self._fd, b"".join(record.key + b"\n" for record in records))
        os.fdatasync(self._fd)
        return outcome


async def main(root: Path, taken: Path) -> None:
    """Drain for a while."""
    spool, log = spool_at(root), FileLog(taken)
    segments = segments_to(log, spool)
    draining = asyncio.create_task(drain_to(log, spool, root, segments).run())
    await asyncio.sleep(_ROUNDS_S)
    draining.cancel()
    sys.stdout.write("\n".join(segments._troubles.sentences()))
    await spool.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
