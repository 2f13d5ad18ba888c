"""The spool's directories: one a worker process, held by a lock; those of the dead are adopted.

A segment is named by when it was begun (UTC ms), which also orders them, and by its marker. Beside the segments are files
under the same names that are kept for people: what Kafka refused, what is damaged, what an operator set aside.
"""

import errno
import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import time_ns
from typing import Final

from runtime.whole_file import sync_folder
from schemas.errors import LogUnavailable

SUFFIX: Final = ".spool"
REFUSED_SUFFIX: Final = ".refused"
"""Records that Kafka does not take."""
DAMAGED_SUFFIX: Final = ".damaged"
"""Bytes that belong to no record that passes its checksum."""
ASIDE_SUFFIX: Final = ".aside"
"""A whole segment that an operator set aside."""
ACKED_SUFFIX: Final = ".acked"
"""How far a segment is drained."""
KEPT: Final = (REFUSED_SUFFIX, DAMAGED_SUFFIX, ASIDE_SUFFIX)
_OURS: Final = re.compile(r"\d{13}-[0-9a-f]{16}")
_LOCK: Final = "lock"
_PROBE: Final = ".probe"
_PROBE_BYTES: Final = 4_096
_DIRECTORIES_MAX: Final = 1_000
_NS_PER_MS: Final = 1_000_000


class SpoolDirectory:
    """A directory of segments that this process alone holds, until it closes it or dies."""

    def __init__(self, path: Path, lock_fd: int) -> None:
        self.path = path
        self._lock_fd = lock_fd

    def segments(self) -> list[Path]:
        """Return the segment files, oldest first."""
        return files_of(self.path, SUFFIX)

    def kept(self) -> list[Path]:
        """Return the files that are kept for people."""
        return files_of(self.path, *KEPT)

    def new_path(self, marker: int, suffix: str = SUFFIX) -> Path:
        """Return a path for a file begun now, later in order than any there."""
        last_ms = max(map(begun_ms, files_of(self.path, SUFFIX, *KEPT)), default=0)
        return self.path / f"{max(last_ms + 1, time_ns() // _NS_PER_MS):013d}-{marker:016x}{suffix}"

    def probe(self) -> None:
        """Find out whether the directory takes bytes, and keeps them. Raises OSError where it does not."""
        path = self.path / _PROBE
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            os.write(fd, bytes(_PROBE_BYTES))
            os.fdatasync(fd)
        finally:
            os.close(fd)
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the directory."""
        os.close(self._lock_fd)


def files_of(directory: Path, *suffixes: str) -> list[Path]:
    """Return a directory's files of these kinds, oldest first."""
    return sorted(path for path in directory.iterdir() if path.suffix in suffixes and not is_stray(path))


def strays_of(directory: Path) -> list[Path]:
    """Return the files in a directory that are none of the spool's: nobody reads or deletes them."""
    return sorted(path for path in directory.iterdir() if is_stray(path))


def is_stray(path: Path) -> bool:
    """Return whether a file in a spool's directory is none of the spool's. A link is none, nor what it leads to."""
    if path.name == _LOCK or path.name.startswith("."):
        return False
    is_named_so = path.suffix in (SUFFIX, ACKED_SUFFIX, *KEPT) and _OURS.fullmatch(path.stem) is not None
    return not is_named_so or path.is_symlink() or path.is_dir()


def begun_ms(segment: Path) -> int:
    """Return when a segment was begun, UTC ms."""
    return int(segment.stem.partition("-")[0])


def marker_of(segment: Path) -> int:
    """Return what every record of a segment is marked with."""
    return int(segment.stem.partition("-")[2], 16)


@contextmanager
def segment_locked(path: Path) -> Iterator[int]:
    """Hold one file of the spool, open for reading, so that nobody else moves, drains or writes it meanwhile.

    Raises:
        SegmentBusy: somebody else holds it, or has just moved it away.
        OSError: it cannot be opened.
    """
    fd = _opened_and_locked(path)
    if fd is None:
        raise SegmentBusy(f"{path} is in use by another process")
    try:
        if not path.exists() or path.stat().st_ino != os.fstat(fd).st_ino:
            raise SegmentBusy(f"{path} was moved away")
        yield fd
    finally:
        os.close(fd)


class SegmentBusy(LogUnavailable):
    """A file of the spool is in use. Come back later."""


def directories(root: Path) -> list[Path]:
    """Return the workers' directories under `root`."""
    return sorted(path for path in root.iterdir() if path.is_dir()) if root.exists() else []


def claim(root: Path) -> SpoolDirectory:
    """Hold the first directory under `root` that nobody holds, with whatever it contains.

    Raises:
        OSError: `root` cannot be written.
    """
    failure: OSError | None = None
    for number in range(_DIRECTORIES_MAX):
        try:
            directory = hold(_made(root / str(number)))
        except OSError as error:
            failure = failure or error  # of this directory only, it may be: the next is tried
            continue
        if directory is not None:
            return directory
    if failure is not None:
        raise failure
    raise OSError(f"{root}: all {_DIRECTORIES_MAX} spool directories are held; which processes run on it?")


def hold(path: Path) -> SpoolDirectory | None:
    """Hold a directory, its names synced, which a crash may have left undone. None: another process holds it.

    Raises:
        OSError: it cannot be held.
    """
    lock_fd = _opened_and_locked(path / _LOCK, os.O_CREAT)
    if lock_fd is None:
        return None
    try:
        for folder in (path, path.parent):
            sync_folder(folder)
    except OSError:
        os.close(lock_fd)
        raise
    with suppress(OSError):
        for unfinished in path.glob(".*.part"):
            unfinished.unlink(missing_ok=True)
    return SpoolDirectory(path, lock_fd)


def _opened_and_locked(path: Path, flags: int = 0) -> int | None:
    """Open a file and lock it for this process alone. None: another process holds it. Raises OSError."""
    for access in (
        os.O_RDONLY,
        os.O_RDWR,
    ):  # for reading, so that a disk can be mounted read-only; NFS locks only for writing
        fd = os.open(path, access | flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return None
        except OSError as error:
            os.close(fd)
            if error.errno != errno.EBADF or access == os.O_RDWR:
                raise
        else:
            return fd
    return None


def _made(path: Path) -> Path:
    """Return a directory that is there, and will be after power loss too."""
    if not path.is_dir():
        _made(path.parent)
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)
    return path
