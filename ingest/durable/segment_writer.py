"""Appends to one new segment, each time synced to disk. Blocking: call it from a thread."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from runtime.whole_file import sync_folder


class SegmentWriter:
    """One file that only grows, and holds nothing but what was synced. Locked while it is written: nobody moves it away."""

    def __init__(self, path: Path) -> None:
        """Create the file, and sync its directory so that the name survives power loss too.

        Raises:
            OSError: it cannot be created.
        """
        self.path = path
        self.bytes = 0
        """Of what was synced."""
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            sync_folder(path.parent)
        except OSError:
            self.abandon()
            raise

    def append(self, data: bytes) -> None:
        """Write and sync. After an OSError, `abandon` it."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]
        os.fdatasync(self._fd)
        self.bytes += len(data)

    def abandon(self) -> None:
        """Close the file after a failed write, cut to what was synced: the rest was never acknowledged. Never raises.

        A disk that refuses again and again must fill up neither with files that hold nothing, nor with torn records.
        Where the disk refuses this too, the torn record is recognised by whoever reads the file.
        """
        with suppress(OSError):
            os.ftruncate(self._fd, self.bytes)
        self.close()
        if not self.bytes:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file. Never raises: what was acknowledged is synced already, and the file is closed in any case."""
        with suppress(OSError):
            os.close(self._fd)
