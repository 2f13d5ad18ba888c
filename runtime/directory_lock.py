"""One owner a directory: a lock file that the kernel releases however its owner ends."""

import fcntl
import os
from pathlib import Path

from schemas.errors import DeploymentError


class DirectoryLock:
    """Holds a directory for this process until it ends, or until `release`.

    Raises:
        DeploymentError: another process holds it; the message names it.
    """

    def __init__(self, directory: Path, purpose: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._file = (directory / ".lock").open("a+")  # kept open: closing it releases the lock
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.seek(0)
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
