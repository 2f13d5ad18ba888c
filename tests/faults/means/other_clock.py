"""A process whose wall clock is another than the machine's, by libfaketime; its monotonic clock stays."""

from pathlib import Path
from typing import Final

_LIBRARIES: Final = ("/usr/lib", "/usr/local/lib")


def other_clock(folder: Path, shift_s: float) -> "OtherClock":
    """Return a clock that is `shift_s` seconds ahead (behind, where negative), to be changed while processes run."""
    return OtherClock(folder, shift_s)


class OtherClock:
    """The shift of the clocks of all processes that were started with its environment."""

    def __init__(self, folder: Path, shift_s: float) -> None:
        """Keep the shift in a file of `folder`."""
        self._file = folder / "clock"
        self.shift(shift_s)
        library = faketime_library()
        assert library is not None, "libfaketime is needed: mark the test needs_tool('faketime')"
        self.environ: Final = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
        }
        """What a process must be started with."""

    def shift(self, seconds: float) -> None:
        """From now on its clocks are so far ahead."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        written = self._file.with_suffix(".new")
        written.write_text(f"{seconds:+f}\n")
        written.replace(self._file)


def faketime_library() -> Path | None:
    """Return the library for programs with threads, None where it is not installed."""
    found = [path for root in _LIBRARIES for path in Path(root).glob("*/faketime/libfaketimeMT.so.1")]
    found += [path for root in _LIBRARIES for path in Path(root).glob("faketime/libfaketimeMT.so.1")]
    return found[0] if found else None
