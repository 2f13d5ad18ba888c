"""Cleaning up after a failed write fails too: the request is refused, and the spool lives."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from ingest.durable import segment_writer
from ingest.durable.spool import Spool
from ingest.durable.spool_directory import claim
from runtime.tasks import Tasks
from schemas.errors import LogUnavailable
from tests.support.spools import files, keys_on_disk, record


def _fails(number: int) -> Any:
    def call(*_args: object, **_more: object) -> None:
        raise OSError(number, os.strerror(number))

    return call


@pytest.mark.parametrize("also", ["unlink", "ftruncate", "close", "stat"])
@pytest.mark.parametrize("first", ["fdatasync", "write", "sync_folder"])
@pytest.mark.parametrize("is_new", [True, False])
async def test_a_disk_that_lets_nothing_be_cleaned_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, also: str, *, is_new: bool
) -> None:
    """A record is refused with why; once the disk takes bytes again, the next is kept, and no earlier one is lost."""
    tasks = Tasks()
    spool = Spool(claim(tmp_path), tasks, bytes_max=1_000_000, segment_bytes=1_000)
    if not is_new:
        await spool.append("webhook.raw", [record(0)])
    with monkeypatch.context() as broken:
        broken.setattr(segment_writer if first == "sync_folder" else os, first, _fails(errno.EIO))
        if also == "stat":
            broken.setattr(Path, also, _fails(errno.EIO))
        else:
            broken.setattr(os, also, _fails(errno.EROFS))
        if not is_new and first == "sync_folder":
            return  # no segment is begun
        with pytest.raises(LogUnavailable, match=r"error|Read-only"):
            await spool.append("webhook.raw", [record(1)])
    await spool.append("webhook.raw", [record(2)])
    assert not tasks.why, "a death of the writer ends the process"
    await spool.close()
    assert {b"k2", *([] if is_new else [b"k0"])} <= set(keys_on_disk(tmp_path))
    assert files(tmp_path)
