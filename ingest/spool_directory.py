"""The spool's directories: one a worker process, held by a lock; those of the dead are adopted."""

import fcntl
import os
from pathlib import Path
from typing import Final

SUFFIX: Final = ".spool"
DAMAGED_SUFFIX: Final = ".damaged"
_LOCK: Final = "lock"
_DIRECTORIES_MAX: Final = 1_000


class SpoolDirectory:
    """A directory of segments that this process alone holds, until it closes it or dies."""

    def __init__(self, path: Path, lock_fd: int) -> None:
        self.path = path
        self._lock_fd = lock_fd

    def segments(self) -> list[Path]:
        """Return the segment files, oldest first."""
        return sorted(self.path.glob(f"*{SUFFIX}"))

    def next_segment(self) -> Path:
        """Return a path later in order than any segment there."""
        existing = [*self.segments(), *self.path.glob(f"*{DAMAGED_SUFFIX}")]
        last = max((int(path.name.partition(".")[0]) for path in existing), default=0)
        return self.path / f"{last + 1:012d}{SUFFIX}"

    def set_aside(self, segment: Path) -> None:
        """Keep a damaged segment for people, out of the spool."""
        segment.rename(segment.with_suffix(DAMAGED_SUFFIX))

    def close(self) -> None:
        """Let go of the directory."""
        os.close(self._lock_fd)


def claim(root: Path) -> SpoolDirectory:
    """Hold the first directory under `root` that nobody holds, with whatever it contains.

    Raises:
        OSError: `root` cannot be written.
    """
    for number in range(_DIRECTORIES_MAX):
        directory = _hold(root / str(number), create=True)
        if directory is not None:
            return directory
    raise OSError(f"{root}: all {_DIRECTORIES_MAX} spool directories are held; which processes run on it?")


def adopt_orphans(root: Path) -> list[SpoolDirectory]:
    """Hold every directory that has segments and whose worker is gone."""
    held = []
    for path in sorted(root.iterdir()) if root.exists() else []:
        if any(path.glob(f"*{SUFFIX}")):
            directory = _hold(path, create=False)
            if directory is not None:
                held.append(directory)
    return held


def _hold(path: Path, *, create: bool) -> SpoolDirectory | None:
    if create:
        path.mkdir(parents=True, exist_ok=True)
    lock_fd = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock_fd)
        return None
    return SpoolDirectory(path, lock_fd)
