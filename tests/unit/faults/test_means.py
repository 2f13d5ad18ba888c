"""Each means by which the fault rows break things does break them, and stops."""

import asyncio
import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runtime.ports import free_port
from tests.faults.means.failing_calls import FailingCalls
from tests.faults.means.flipped_bits import flip_bits
from tests.faults.means.other_clock import OtherClock
from tests.faults.means.small_disk import small_disk
from tests.faults.means.system_calls import failing, killed_at, killing
from tests.support.packet_proxy import packet_proxy


def python(code: str, *arguments: object, **environ: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-S", "-c", code, *map(str, arguments)]
    return subprocess.run(command, env={**os.environ, **environ}, capture_output=True, text=True, check=False)


@pytest.mark.needs_root
def test_a_small_disk_is_full_and_read_only(tmp_path: Path) -> None:
    """What does not fit is ENOSPC, and a folder made read-only is EROFS until it is writable again."""
    folder = tmp_path / "disk"
    with small_disk(folder, 1) as disk:
        disk.fill().unlink()
        kept = folder / "kept"
        kept.mkdir()
        with pytest.raises(OSError) as full:  # noqa: PT011 - its number is what matters
            (folder / "file").write_bytes(bytes(2_000_000))
        assert full.value.errno == errno.ENOSPC
        disk.make_read_only(kept)
        with pytest.raises(OSError) as read_only:  # noqa: PT011 - as above
            (kept / "file").write_bytes(b"x")
        assert read_only.value.errno == errno.EROFS
        disk.make_writable(kept)
        (kept / "file").write_bytes(b"")
    assert not folder.is_mount()


@pytest.mark.needs_tool("gcc")
@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("write", "import os,sys; os.write(os.open(sys.argv[1], os.O_WRONLY), b'x')"),
        ("read", "import os,sys; os.read(os.open(sys.argv[1], os.O_RDONLY), 9)"),
        ("fdatasync", "import os,sys; os.fdatasync(os.open(sys.argv[1], os.O_WRONLY))"),
        ("unlink", "import os,sys; os.unlink(sys.argv[1])"),
    ],
)
def test_calls_fail_while_the_switch_is_on(tmp_path: Path, call: str, code: str) -> None:
    """The chosen call on the chosen file is EIO; another file's, and afterwards the same one, is not."""
    library = FailingCalls(tmp_path / "library", "/chosen/")
    for folder in ("chosen", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file").write_bytes(b"content")
    library.fail(call)
    failed = python(code, tmp_path / "chosen" / "file", **library.environ)
    assert f"[Errno {errno.EIO}]" in failed.stderr
    assert python(code, tmp_path / "other" / "file", **library.environ).returncode == 0
    library.heal()
    assert python(code, tmp_path / "chosen" / "file", **library.environ).returncode == 0


@pytest.mark.needs_tool("strace")
def test_a_process_ends_at_its_nth_call(tmp_path: Path) -> None:
    """It is killed at the third rename: two took effect."""
    code = "import os,sys\nfor n in range(9):\n open(sys.argv[1]+'/a%d'%n,'w'); os.rename(sys.argv[1]+'/a%d'%n, sys.argv[1]+'/b%d'%n)"
    done = subprocess.run([*killed_at("rename", 3), sys.executable, "-S", "-c", code, str(tmp_path)], check=False)
    assert done.returncode != 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a2", "b0", "b1"]


@pytest.mark.needs_tool("strace")
def test_a_running_process_ends_at_its_nth_call(tmp_path: Path) -> None:
    """It is attached to while it runs, and killed at a later fdatasync."""
    code = "import os,sys,time\nfd=os.open(sys.argv[1], os.O_CREAT|os.O_WRONLY)\nwhile True:\n os.fdatasync(fd); time.sleep(.01)"
    running = subprocess.Popen([sys.executable, "-S", "-c", code, str(tmp_path / "file")])
    with killing(running.pid, "fdatasync", 3):
        assert running.wait(10) == -9


@pytest.mark.needs_tool("strace")
def test_calls_of_a_running_process_fail(tmp_path: Path) -> None:
    """Its fdatasync is EIO while it is so, and it tells."""
    code = "import os,sys,time\nfd=os.open(sys.argv[1], os.O_CREAT|os.O_WRONLY)\nwhile True:\n os.fdatasync(fd); time.sleep(.01)"
    command = [sys.executable, "-S", "-c", code, str(tmp_path / "file")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        with failing(running.pid, "fdatasync"):
            assert running.wait(10) == 1
        assert running.stderr is not None
        assert f"[Errno {errno.EIO}]" in running.stderr.read()


@pytest.mark.needs_tool("gcc")
def test_a_clock_is_another_and_changes(tmp_path: Path) -> None:
    """The wall clock is a day ahead, then an hour behind; the monotonic one stays."""
    clock = OtherClock(tmp_path, 86_400)
    code = "import time; print(time.time(), time.monotonic())"
    for shift_s in (86_400, -3_600):
        clock.shift(shift_s)
        wall, monotonic = map(float, python(code, **clock.environ).stdout.split())
        assert abs(wall - time.time() - shift_s) < 60
        assert abs(monotonic - time.monotonic()) < 60


def test_bits_flip(tmp_path: Path) -> None:
    """One bit of one file changes, the same for the same seed."""
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(bytes(100))
    changed = flip_bits(tmp_path.iterdir(), 1, seed=3)
    assert sum(byte.bit_count() for path in tmp_path.iterdir() for byte in path.read_bytes()) == 1
    assert flip_bits(tmp_path.iterdir(), 1, seed=3) == changed
    assert not any(any(path.read_bytes()) for path in tmp_path.iterdir())


async def test_a_way_is_slow_cut_and_gone() -> None:
    """What is sent arrives late and in pieces, or the connection is reset, or refused."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            writer.write(data)
        writer.close()

    async def exchange() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", at)
        writer.write(b"x" * 100)
        writer.write_eof()
        try:
            return await reader.read()
        finally:
            writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    at = free_port()
    async with server, packet_proxy("127.0.0.1", server.sockets[0].getsockname()[1], at) as proxy:
        proxy.piece_bytes_max, proxy.delay_s = 7, (0.05, 0.06)
        began = time.monotonic()
        assert await exchange() == b"x" * 100
        assert time.monotonic() - began >= 0.1
        proxy.resets_per_piece = 1.0
        with pytest.raises(ConnectionError):
            await exchange()
        proxy.heal()
        proxy.is_away = True
        with pytest.raises(ConnectionError):
            await exchange()
        proxy.heal()
        assert await exchange() == b"x" * 100
