"""Keys held back because a record of theirs stopped the worker three times; kept on disk, re-driven by command.

Every failure is written down (synced) before the worker stops, so that the count survives it. A key is held from the
record that stopped the worker on: what came before it has its outcome already, and a replay must repeat that. A release
keeps the stretch, for the same reason: what was held there stays `quarantined`, and is appended again behind it. Where
the stretch ends is for the worker to say, which alone knows what it has decided; the command only asks for it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from runtime.whole_file import replace_file

ATTEMPTS_MAX: Final = 3


class Hold(msgspec.Struct, omit_defaults=True):
    """A stretch of a partition in which a key is held back."""

    key: str
    """The key, in hexadecimal."""
    since: int
    """Offset of the record that stopped the worker."""
    why: str
    until: int | None = None
    """Offset from which the key is free again; None while it is held."""
    release_asked: bool = False
    redriven: bool = False
    """Whether what was held has been appended to the log again."""


class Kept(msgspec.Struct):
    """The file of one partition."""

    failures: dict[str, int] = {}
    """Offset → how often its record stopped the worker."""
    holds: list[Hold] = []


class Quarantine:
    """What one partition holds back: a JSON file in the worker's state directory."""

    def __init__(self, path: Path) -> None:
        """Read the file at `path`, if there is one."""
        self._path = path
        self._read_at_ns = -1
        self._kept = Kept()
        self._by_key: dict[bytes, list[Hold]] = {}
        self.refresh()

    @property
    def stretches(self) -> list[Hold]:
        """All holds there have been, released ones too."""
        return self._kept.holds

    def end_released(self, log_end: Callable[[], int]) -> bool:
        """End the holds whose release was asked for at the log's end, behind all that was ever decided.

        Returns:
            Whether there were any.
        """
        self.refresh()
        asked = [hold for hold in self._kept.holds if hold.release_asked and hold.until is None]
        if asked:
            end = log_end()
            for hold in asked:
                hold.until = end
            self._write()
        return bool(asked)

    def refresh(self) -> None:
        """Read the file again if another process changed it."""
        try:
            changed_at_ns = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return
        if changed_at_ns == self._read_at_ns:
            return
        self._read_at_ns = changed_at_ns
        self._kept = msgspec.json.decode(self._path.read_bytes(), type=Kept)
        self._index()

    def holds(self, key: bytes, offset: int) -> bool:
        """Return whether the record at `offset` is held back with its key."""
        return key in self._by_key and any(
            hold.since <= offset and (hold.until is None or offset < hold.until) for hold in self._by_key[key]
        )

    def failed(self, key: bytes, offset: int, why: str) -> bool:
        """Write down that the record at `offset` stopped the worker. Return whether its key is held back from now on."""
        self.refresh()
        count = self._kept.failures.get(str(offset), 0) + 1
        self._kept.failures[str(offset)] = count
        if count >= ATTEMPTS_MAX and not self.holds(key, offset):
            self._kept.holds.append(Hold(key.hex(), offset, why[:500]))
        self._write()
        return self.holds(key, offset)

    def ask_release(self) -> None:
        """Ask the worker to end every hold (see `end_released`)."""
        self.refresh()
        for hold in self._kept.holds:
            hold.release_asked = True
        self._write()

    def redriven(self, hold: Hold) -> None:
        """Note that all that `hold` held back is in the log again."""
        hold.redriven = True
        self._write()

    def _index(self) -> None:
        self._by_key = {}
        for hold in self._kept.holds:
            self._by_key.setdefault(bytes.fromhex(hold.key), []).append(hold)

    def _write(self) -> None:
        self._index()
        replace_file(self._path, msgspec.json.encode(self._kept))
        self._read_at_ns = self._path.stat().st_mtime_ns
