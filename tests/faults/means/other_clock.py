"""A process whose wall clock is another than the machine's, by a small library that is preloaded; its monotonic clock stays."""

from pathlib import Path
from typing import Final

from tests.faults.means.preloaded import preloaded

SOURCE: Final = Path(__file__).with_name("other_clock.c")
_NS_PER_S: Final = 1_000_000_000


class OtherClock:
    """The shift of the clocks of all processes that were started with its environment."""

    def __init__(self, folder: Path, shift_s: float) -> None:
        """Be `shift_s` seconds ahead (behind, where negative); library and shift are kept in `folder`."""
        library = preloaded(SOURCE, folder)
        self._file = folder / "shift"
        self._file.write_bytes(bytes(8))
        self.shift(shift_s)
        self.environ: Final = {"LD_PRELOAD": str(library), "CLOCK_SHIFT": str(self._file)}
        """What a process must be started with."""

    def shift(self, seconds: float) -> None:
        """From now on its clocks are so far ahead, in processes that run already too."""
        with self._file.open("r+b", buffering=0) as file:
            file.write(int(seconds * _NS_PER_S).to_bytes(8, "little", signed=True))
