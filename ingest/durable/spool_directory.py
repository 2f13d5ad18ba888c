"""The spool's directories: one a worker process, held by a lock; those of the dead are adopted.

A segment is named by when it was begun (UTC ms), which also orders them, and by its marker.
"""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from time import time_ns
from typing import Final

from runtime.whole_file import sync_folder

SUFFIX: Final = ".spool"
DAMAGED_SUFFIX: Final = ".damaged"
_NAMES: Final = "[0-9]*-*"
_LOCK: Final = "lock"
_DIRECTORIES_MAX: Final = 1_000
_NS_PER_MS: Final = 1_000_000


class SpoolDirectory:
    """A directory of segments that this process alone holds, until it closes it or dies."""

    def __init__(self, path: Path, lock_fd: int) -> None:
        self.path = path
        self._lock_fd = lock_fd

    def segments(self) -> list[Path]:
        """Return the segment files, oldest first."""
        return sorted(self.path.glob(f"{_NAMES}{SUFFIX}"))

    def next_segment(self, marker: int) -> Path:
        """Return a path for a segment begun now, later in order than any there."""
        existing = [*self.segments(), *self.path.glob(f"{_NAMES}{DAMAGED_SUFFIX}")]
        last_ms = max(map(begun_ms, existing), default=0)
        return self.path / f"{max(last_ms + 1, time_ns() // _NS_PER_MS):013d}-{marker:016x}{SUFFIX}"

    def set_aside(self, segment: Path) -> None:
        """Keep a damaged segment for people, out of the spool."""
        segment.rename(segment.with_suffix(DAMAGED_SUFFIX))

    def close(self) -> None:
        """Let go of the directory."""
        os.close(self._lock_fd)


def begun_ms(segment: Path) -> int:
    """Return when a segment was begun, UTC ms."""
    return int(segment.stem.partition("-")[0])


def marker_of(segment: Path) -> int:
    """Return what every record of a segment is marked with."""
    return int(segment.stem.partition("-")[2], 16)


def claim(root: Path) -> SpoolDirectory:
    """Hold the first directory under `root` that nobody holds, with whatever it contains.

    Raises:
        OSError: `root` cannot be written.
    """
    for number in range(_DIRECTORIES_MAX):
        directory = _hold(_made(root / str(number)))
        if directory is not None:
            return directory
    raise OSError(f"{root}: all {_DIRECTORIES_MAX} spool directories are held; which processes run on it?")


def orphans(root: Path) -> Iterator[SpoolDirectory]:
    """Hold, one after the other, every directory that has segments and whose worker is gone."""
    for path in sorted(root.iterdir()) if root.exists() else []:
        if any(path.glob(f"{_NAMES}{SUFFIX}")):
            directory = _hold(path)
            if directory is not None:
                yield directory


def _made(path: Path) -> Path:
    """Return a directory that is there, and will be after power loss too."""
    if not path.is_dir():
        _made(path.parent)
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)
    return path


def _hold(path: Path) -> SpoolDirectory | None:
    lock_fd = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock_fd)
        return None
    return SpoolDirectory(path, lock_fd)
