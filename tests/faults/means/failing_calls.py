"""Calls on some files that fail with an error of the system, for as long as a switch is on: a small library, preloaded.

The library is compiled by gcc when it is first wanted. Calls: write (and pwrite, writev), read (and pread), fsync,
fdatasync, unlink. What a process calls past the C library is not reached.
"""

import errno
from pathlib import Path
from typing import Final

from tests.faults.means.preloaded import preloaded

SOURCE: Final = Path(__file__).with_name("failing_calls.c")


class FailingCalls:
    """Makes calls on files whose path holds some text fail in the processes that it is preloaded into."""

    def __init__(self, folder: Path, path_text: str) -> None:
        """Compile the library into `folder`.

        Args:
            folder: of the test's own, outside of what is to fail.
            path_text: part of the paths of the files that are to fail.
        """
        library = preloaded(SOURCE, folder)
        self._switch = folder / "switch"
        self.environ: Final = {
            "LD_PRELOAD": str(library),
            "FAILING_PATH": path_text,
            "FAILING_SWITCH": str(self._switch),
        }
        """What a process must be started with."""

    def fail(self, *calls: str, number: int = errno.EIO) -> None:
        """From now on these calls fail with an error number."""
        written = self._switch.with_suffix(".new")
        written.write_text(f"{number} {' '.join(calls)} ")
        written.replace(self._switch)

    def heal(self) -> None:
        """From now on no call fails."""
        self._switch.unlink(missing_ok=True)
