"""What one deployment acknowledged is not appended to the topics of another that is started on its directory."""

import asyncio
from pathlib import Path

import pytest

from ingest.durable.spool_directory import claim
from ingest.durable.spool_segment import MARKER_BITS, Spooled, encode
from ingest.durable.spool_troubles import Trouble
from tests.support.polling import until
from tests.support.spools import FakeLog, drain_to, files, keys_on_disk, record, segments_to, spool_at


@pytest.mark.parametrize("other", ["staging.", ""])
async def test_a_segment_is_drained_to_the_topics_it_was_taken_for(tmp_path: Path, other: str) -> None:
    """Another deployment leaves it alone, and says whose it is and what to do; its own then drains it."""
    spool = spool_at(tmp_path, prefix="prod.")
    await spool.append("webhook.raw", [record(0)])
    await spool.close()

    log, spool = FakeLog(), spool_at(tmp_path, prefix=other)
    segments = segments_to(log, spool, prefix=other)
    await spool.append("webhook.raw", [record(1)])
    draining = asyncio.create_task(drain_to(log, spool, tmp_path, segments).run())

    async def is_told() -> bool:
        return (
            segments._troubles.count(Trouble.FOREIGN) == 1
            and log.taken == [b"k1"]
            and keys_on_disk(tmp_path) == [b"k0"]
        )

    await until(is_told, "the segment to be left alone, ours to be drained", s_max=10)
    (said,) = segments._troubles.sentences()
    assert "prod.webhook.raw" in said
    assert "RECIBO_TOPIC_PREFIX=prod." in said
    draining.cancel()
    await spool.close()

    await _drained(tmp_path, "prod.", [b"k0"])


@pytest.mark.parametrize("prefix", ["staging.", ""])
async def test_a_segment_of_a_release_that_named_no_deployment_is_drained(tmp_path: Path, prefix: str) -> None:
    """What an older release left waits for nobody."""
    directory, marker = claim(tmp_path), 2**MARKER_BITS - 1
    directory.new_path(marker).write_bytes(encode(Spooled("webhook.raw", record(0)), marker))
    directory.close()
    await _drained(tmp_path, prefix, [b"k0"])


async def _drained(root: Path, prefix: str, keys: list[bytes]) -> None:
    log, spool = FakeLog(), spool_at(root, prefix=prefix)
    draining = asyncio.create_task(drain_to(log, spool, root, segments_to(log, spool, prefix=prefix)).run())

    async def is_drained() -> bool:
        return log.taken == keys and not files(root)

    await until(is_drained, "the spool to be empty", s_max=10)
    draining.cancel()
    await spool.close()
