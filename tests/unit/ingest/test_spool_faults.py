"""What disks and crashes do to the spool: no record is lost, none is appended again that a process knows to be in the log."""

import asyncio
import contextlib
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.durable.spool_troubles import Trouble
from schemas.errors import LogUnavailable
from tests.support.polling import until
from tests.support.source_tree import ROOT
from tests.support.spools import FakeLog, drain_to, files, keys_on_disk, record, segments_to, spool_at

pytestmark = pytest.mark.timeout(120)
TMPFS_BYTES = 256 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 256 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={TMPFS_BYTES}", "recibo-test", place], check=True)
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def remount(place: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", place], check=True)


def drainer(root: Path, taken: Path, *strace: str) -> subprocess.CompletedProcess[str]:
    """Drain all spools under `root` in a process of its own, whose system calls strace breaks."""
    traced = ["strace", "-f", "-qq", "-o", "/dev/null", *strace] if strace else []
    command = [*traced, sys.executable, "-m", "tests.support.spool_drainer", str(root), str(taken)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


async def left_behind(root: Path, *numbers: int) -> None:
    """Leave a spool with one segment of each of these records, as a worker that died does."""
    spool = spool_at(root, segment_bytes=1)
    for number in numbers:
        await spool.append("webhook.raw", [record(number)])
    await spool.close()


@pytest.mark.needs_root
async def test_what_is_acknowledged_is_not_appended_again_where_it_cannot_be_deleted(small_disk: Path) -> None:
    """On a disk that became read-only each record is appended once, the trouble shows, and ends with its cause."""
    root, log = small_disk / "spool", FakeLog()
    spool = spool_at(root)
    for number in range(30):
        await spool.append("webhook.raw", [record(number)])
    await spool.close_segment()
    remount(small_disk, "ro")
    segments = segments_to(log, spool)
    draining = asyncio.create_task(drain_to(log, spool, root, segments).run())

    async def is_troubled() -> bool:
        return segments._troubles.count(Trouble.UNDELETABLE) == len(files(root)) > 1

    await until(is_troubled, "every segment to be undeletable", s_max=10)
    await asyncio.sleep(1)  # several rounds more
    assert Counter(log.taken) == Counter({b"k%d" % n: 1 for n in range(30)})
    await spool.look()
    assert "Read-only" in spool.why_not_writable
    with pytest.raises(LogUnavailable, match="Read-only"):
        await spool.append("webhook.raw", [record(99)])
    remount(small_disk, "rw")

    async def is_over() -> bool:
        return files(root) == [] and not segments._troubles.now

    await until(is_over, "the segments to be deleted", s_max=20)
    assert len(log.taken) == 30
    await spool.look()
    assert spool.why_not_writable == ""
    draining.cancel()
    await spool.close()


@pytest.mark.needs_root
async def test_a_full_disk_leaves_neither_torn_records_nor_damaged_files(small_disk: Path) -> None:
    """However often the disk is full, the files hold exactly what was acknowledged, and that is drained without a rest."""
    root, log, taken = small_disk / "spool", FakeLog(), []
    spool = spool_at(root, segment_bytes=40_000)
    filler = small_disk / "filler"
    for number in range(1_500):
        if number % 100 == 50:
            with contextlib.suppress(OSError):
                filler.write_bytes(b"f" * TMPFS_BYTES)
        if number % 100 == 99:
            filler.unlink(missing_ok=True)
        try:
            await spool.append("webhook.raw", [record(number)])
        except LogUnavailable:
            continue
        taken.append(b"k%d" % number)
    filler.unlink(missing_ok=True)
    assert 0 < len(taken) < 1_500
    assert keys_on_disk(root) == taken
    assert spool.size_bytes == sum(path.stat().st_size for path in files(root))
    draining = asyncio.create_task(drain_to(log, spool, root).run())

    async def is_empty() -> bool:
        return spool.size_bytes == 0

    await until(is_empty, "the spool to be empty", s_max=20)
    draining.cancel()
    assert log.taken == taken
    assert files(root, "damaged") == files(root, "acked") == []
    await spool.look()
    assert spool.used_bytes == 0
    await spool.close()


async def test_a_partition_that_is_away_holds_up_no_other(tmp_path: Path) -> None:
    """What other partitions take is appended once however long one is away; what waits for it is appended once it is back."""
    spool, log = spool_at(tmp_path, segment_bytes=600), FakeLog()
    log.away = {b"k3", b"k17"}
    for number in range(20):
        await spool.append("webhook.raw", [record(number)])
    draining = asyncio.create_task(drain_to(log, spool, tmp_path).run())

    async def only_two_are_left() -> bool:
        return len(log.taken) >= 18 and len(files(tmp_path)) == 2

    await until(only_two_are_left, "the other partitions to be drained", s_max=10)
    await asyncio.sleep(1)  # several rounds more
    log.away = set()

    async def is_empty() -> bool:
        return spool.size_bytes == 0

    await until(is_empty, "the spool to be empty", s_max=20)
    draining.cancel()
    assert Counter(log.taken) == Counter(b"k%d" % n for n in range(20))
    assert set(log.taken[-2:]) == {b"k3", b"k17"}
    await spool.close()


async def test_the_next_process_goes_on_where_the_last_one_was(tmp_path: Path) -> None:
    """A process that takes a half drained segment over appends what is left, and nothing that its predecessor knew to be in the log."""
    spool, log = spool_at(tmp_path, segment_bytes=1_000_000), FakeLog()
    log.away = {b"k2"}
    await spool.append("webhook.raw", [record(number) for number in range(5)])
    await spool.close_segment()
    (segment,) = files(tmp_path)
    assert await segments_to(log, spool).drain(segment) is False
    await spool.close()
    again = spool_at(tmp_path)
    log.away = set()
    assert await segments_to(log, again).drain(segment) is True
    assert log.taken == [b"k0", b"k1", b"k3", b"k4", b"k2"]
    assert files(tmp_path) == files(tmp_path, "acked") == []
    await again.close()


async def test_progress_of_another_segment_or_a_torn_line_does_not_count(tmp_path: Path) -> None:
    """A line that was not written whole, or belongs to another file, makes nobody believe that a record is in the log."""
    spool, log = spool_at(tmp_path, segment_bytes=1_000_000), FakeLog()
    await spool.append("webhook.raw", [record(number) for number in range(3)])
    await spool.close_segment()
    (segment,) = files(tmp_path)
    size = segment.stat().st_size
    segment.with_suffix(".acked").write_bytes(b"0 %d 00000000\n0 %d\n\x00\x00\x00\n" % (size, size))
    assert await segments_to(log, spool).drain(segment) is True
    assert log.taken == [b"k0", b"k1", b"k2"]
    await spool.close()


async def test_refused_records_are_kept_and_counted(tmp_path: Path) -> None:
    """What Kafka refuses leaves the segment for a file of its own, within the bound; all others are drained."""
    spool, log = spool_at(tmp_path, bytes_max=2_000, segment_bytes=1_000_000), FakeLog()
    log.refused = {b"k1"}
    await spool.append("webhook.raw", [record(number) for number in range(4)])
    await spool.close_segment()
    (segment,) = files(tmp_path)
    assert await segments_to(log, spool).drain(segment) is True
    spool.forget(segment)
    assert log.taken == [b"k0", b"k2", b"k3"]
    (kept,) = files(tmp_path, "refused")
    await spool.look()
    assert spool.size_bytes == 0
    assert spool.used_bytes == spool.kept_bytes[".refused"] == kept.stat().st_size
    with pytest.raises(LogUnavailable, match="full"):
        await spool.append("webhook.raw", [record(number) for number in range(11)])
    await spool.close()


@pytest.mark.needs_tool("strace")
async def test_an_unreadable_segment_holds_up_no_other(tmp_path: Path) -> None:
    """Where the disk fails in the oldest segment, and a directory cannot be held, everything else is drained, and both are named."""
    root, taken = tmp_path / "spool", tmp_path / "taken"
    living = spool_at(root)  # directory 0, so that the others are of workers that are gone
    await left_behind(root, 1, 2, 3)
    unreadable = files(root)[0]
    beside = root / "7"
    beside.mkdir()
    (beside / "lock").symlink_to(tmp_path / "elsewhere")
    (beside / unreadable.name).write_bytes(b"")
    (root / "1" / "notes.spool").write_text("left here by somebody")
    await living.close()
    injected = ("-P", str(unreadable), "-e", "trace=read", "-e", "inject=read:error=EIO")
    run = await asyncio.to_thread(drainer, root, taken, *injected)
    assert run.returncode == 0, run.stderr
    assert taken.read_text().split() == ["k2", "k3"]
    assert f"{unreadable}: stuck: [Errno 5] Input/output error" in run.stdout
    assert f"{beside}: unadoptable: " in run.stdout
    assert unreadable.exists()
    run = await asyncio.to_thread(drainer, root, taken)
    assert taken.read_text().split() == ["k2", "k3", "k1"], "the disk is well again"


@pytest.mark.needs_tool("strace")
async def test_a_kill_before_the_segment_is_deleted(tmp_path: Path) -> None:
    """A process killed between the last acknowledgement and the deletion has noted what it did: the next appends nothing again."""
    root, taken = tmp_path / "spool", tmp_path / "taken"
    await left_behind(root, 1, 2)
    injected = ("-P", str(files(root)[0]), "-e", "trace=unlink", "-e", "inject=unlink:signal=KILL:error=EIO:when=1")
    run = await asyncio.to_thread(drainer, root, taken, *injected)
    assert run.returncode != 0
    assert taken.read_text().split() == ["k1"]
    assert len(files(root)) == 2
    await asyncio.to_thread(drainer, root, taken)
    assert taken.read_text().split() == ["k1", "k2"]
    assert files(root) == files(root, "acked") == []


async def test_a_segment_that_somebody_else_holds_is_left_alone(tmp_path: Path) -> None:
    """While an operator looks at a segment or moves it, the drain passes it by; one moved away is counted no longer."""
    spool, log = spool_at(tmp_path, segment_bytes=1), FakeLog()
    await spool.append("webhook.raw", [record(1)])
    (segment,) = files(tmp_path)
    segments = segments_to(log, spool)
    assert await segments.drain(segment) is False, "it is being written"
    await spool.close_segment()
    segment.rename(segment.with_suffix(".aside"))
    assert await segments.drain(segment) is True
    assert log.taken == []
    await spool.look()
    assert spool.size_bytes == 0
    assert spool.kept_bytes[".aside"] == spool.used_bytes > 0
    await spool.close()


async def test_a_stray_file_is_named_and_left_alone(tmp_path: Path) -> None:
    """A file that is none of the spool's is neither read nor deleted, whatever its name looks like."""
    spool, log = spool_at(tmp_path), FakeLog()
    strays = [spool.directory.path / name for name in ("1-2.spool", "0000000000001-zz.spool", "core")]
    for stray in strays:
        stray.write_bytes(b"?")
    link = spool.directory.path / "0000000000001-0000000000000001.spool"
    link.symlink_to(strays[0])
    strays.append(link)
    segments = segments_to(log, spool)
    looking = asyncio.create_task(drain_to(log, spool, tmp_path, segments).look())

    async def are_named() -> bool:
        return segments._troubles.count(Trouble.STRAY) == len(strays)

    await until(are_named, "the strays to be named", s_max=10)
    looking.cancel()
    await spool.append("webhook.raw", [record(1)])
    assert spool.size_bytes == files(tmp_path)[-1].stat().st_size
    assert all(stray.read_bytes() == b"?" for stray in strays)
    await spool.close()
