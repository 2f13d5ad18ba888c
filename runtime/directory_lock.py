"""One owner a directory: a lock file that the kernel releases however its owner ends."""

import fcntl
import os
from pathlib import Path

from schemas.errors import DeploymentError


class DirectoryLock:
    """Holds a directory for this process until it ends, or until `release`.

    Raises:
        DeploymentError: another process holds it; the message names it. Or the directory cannot be locked: its lock
            file is a link, which may lead to a file of somebody else's, or may not be written.
    """

    def __init__(self, directory: Path, purpose: str) -> None:
        path = directory / ".lock"
        try:
            directory.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        except OSError as error:
            why = (
                "it is a link: remove it"
                if path.is_symlink()
                else f"{(error.strerror or str(error)).lower()}: make it writable"
            )
            raise DeploymentError(f"{path} cannot be locked, {why}, or choose another directory") from error
        self._file = os.fdopen(descriptor, "r+")  # kept open: closing it releases the lock
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = self._file.read().strip() or "unknown"
            self._file.close()
            raise DeploymentError(
                f"{directory} is in use by another {purpose} (process {owner}): "
                "stop that one, or choose another directory"
            ) from error
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Let another process have the directory."""
        self._file.close()
