"""The spool: synced before it answers, bounded, one holder a directory."""

import asyncio
import errno
import os
from pathlib import Path

import pytest

from ingest.durable.spool import Spool
from ingest.durable.spool_directory import claim
from runtime.tasks import Tasks
from schemas.errors import LogUnavailable
from tests.support.spools import files, keys_on_disk, record, spool_at


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_appended_records_are_on_disk(tmp_path: Path) -> None:
    """When append returns the records are in the files, in order, over as many segments as it takes."""
    spool = spool_at(tmp_path)
    for number in range(30):
        await spool.append("webhook.raw", [record(number)])
    assert keys_on_disk(tmp_path) == [b"k%d" % n for n in range(30)]
    assert len(files(tmp_path)) > 1
    assert spool.size_bytes == sum(path.stat().st_size for path in files(tmp_path))
    await spool.close()


async def test_those_who_wait_share_a_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred concurrent appends cost a few syncs, not a hundred."""
    syncs: list[int] = []
    real = os.fdatasync

    def counted(fd: int) -> None:
        syncs.append(fd)
        real(fd)

    monkeypatch.setattr(os, "fdatasync", counted)
    spool = spool_at(tmp_path, segment_bytes=1_000_000)
    await asyncio.gather(*(spool.append("webhook.raw", [record(n)]) for n in range(100)))
    assert len(keys_on_disk(tmp_path)) == 100
    assert len(syncs) < 10
    await spool.close()


async def test_full_spool_refuses_and_keeps_what_it_has(tmp_path: Path) -> None:
    """Over its bound the spool refuses; nothing it holds is overwritten."""
    spool = spool_at(tmp_path, bytes_max=1_500)
    appends = [spool.append("webhook.raw", [record(number)]) for number in range(100)]
    refused = [await asyncio.gather(append, return_exceptions=True) for append in appends]
    taken = sum(1 for (error,) in refused if error is None)
    assert 0 < taken < 100
    assert all(isinstance(error, LogUnavailable) and "full" in str(error) for (error,) in refused[taken:])
    assert keys_on_disk(tmp_path) == [b"k%d" % n for n in range(taken)]
    await spool.close()


async def test_disk_that_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed sync refuses those who wait; the next append goes to a new segment, and what was synced is kept."""
    spool = spool_at(tmp_path)
    await spool.append("webhook.raw", [record(1)])

    def fail(_fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", fail)
        with pytest.raises(LogUnavailable, match="No space left"):
            await spool.append("webhook.raw", [record(2)])
    await spool.append("webhook.raw", [record(3)])
    assert {b"k1", b"k3"} <= set(keys_on_disk(tmp_path))
    await spool.close()


async def test_disk_that_refuses_again_and_again_is_not_filled_with_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Appends that fail leave no files behind, and hold none open."""

    def fail(_fd: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    spool = spool_at(tmp_path)
    open_before = open_files()
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", fail)
        for number in range(20):
            with pytest.raises(LogUnavailable, match="No space left"):
                await spool.append("webhook.raw", [record(number)])
    assert files(tmp_path) == []
    assert spool.size_bytes == 0
    assert open_files() == open_before
    await spool.close()


async def test_age_is_that_of_the_oldest_record(tmp_path: Path) -> None:
    """What was appended later makes the spool no younger, and a process that takes it over knows its age."""
    spool = spool_at(tmp_path, segment_bytes=1_000_000)
    assert spool.age_s == 0
    await spool.append("webhook.raw", [record(1)])
    (path,) = files(tmp_path)
    await spool.close()
    ten_minutes_older = f"{int(path.name.partition('-')[0]) - 600_000:013d}-{path.name.partition('-')[2]}"
    path.rename(path.with_name(ten_minutes_older))
    again = spool_at(tmp_path)
    await again.append("webhook.raw", [record(2)])
    assert 600 <= again.age_s < 660
    await again.close()


async def test_new_directory_survives_power_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of each directory and file that is made is synced in the directory that holds it."""
    synced: list[str] = []
    real = os.fsync

    def noted(fd: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{fd}").readlink()))
        real(fd)

    monkeypatch.setattr(os, "fsync", noted)
    root = tmp_path / "ingest" / "spool"
    spool = spool_at(root)
    await spool.append("webhook.raw", [record(1)])
    made = [str(tmp_path), str(tmp_path / "ingest"), str(root)]
    adopted = [str(root / "0"), str(root)]
    assert synced == [*made, *adopted, str(root / "0")], "and once more where a crash may have left them undone"
    await spool.close()


async def test_one_holder_a_directory(tmp_path: Path) -> None:
    """Two workers get two directories; a directory that was let go is taken again, with what it holds."""
    first, second = spool_at(tmp_path), spool_at(tmp_path)
    assert first.directory.path != second.directory.path
    await first.append("webhook.raw", [record(1)])
    await first.close()
    again = spool_at(tmp_path)
    assert again.directory.path == first.directory.path
    assert again.size_bytes > 0
    await again.close()
    await second.close()


async def test_a_dead_writer_is_seen_and_leaves_nobody_waiting(tmp_path: Path) -> None:
    """Where the writer dies of a bug, whoever waits is refused and the process is notified of the death."""
    tasks = Tasks()
    spool = Spool(claim(tmp_path), tasks, bytes_max=1_000_000, segment_bytes=1_000)
    spool._thread.shutdown()  # what it writes with is gone: no failure of a disk
    appends = [spool.append("webhook.raw", [record(number)]) for number in range(3)]
    answers = await asyncio.wait_for(asyncio.gather(*appends, return_exceptions=True), 5)
    assert [str(answer) for answer in answers] == [f"the spool {spool.directory.path}: its writer failed"] * 3
    await asyncio.sleep(0)
    assert list(tasks.deaths) == ["writer of the spool"]
    assert spool.size_bytes == 0
    await spool.close()
