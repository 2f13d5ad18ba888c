"""Keys held back because a record of theirs stopped the worker three times; kept on disk, re-driven by command.

Every failure is written down (synced) before the worker stops, so that the count survives it. A key is held from the
record that stopped the worker on: what came before it has its outcome already, and a replay must repeat that.
"""

import json
import os
from pathlib import Path
from typing import Final

ATTEMPTS_MAX: Final = 3


class Quarantine:
    """What one partition holds back: a JSON file in the worker's state directory."""

    def __init__(self, path: Path) -> None:
        """Read the file at `path`, if there is one."""
        self._path = path
        self._failures: dict[str, int] = {}
        self._why: dict[str, str] = {}
        self._held: dict[bytes, int] = {}
        if path.exists():
            kept = json.loads(path.read_bytes())
            self._failures, self._why = kept["failures"], kept["why"]
            self._held = {bytes.fromhex(key): offset for key, offset in kept["held"].items()}

    def holds(self, key: bytes, offset: int) -> bool:
        """Return whether the record at `offset` is held back with its key."""
        return key in self._held and offset >= self._held[key]

    def failed(self, key: bytes, offset: int, why: str) -> bool:
        """Write down that the record at `offset` stopped the worker. Return whether its key is held back from now on."""
        count = self._failures.get(str(offset), 0) + 1
        self._failures[str(offset)] = count
        if count >= ATTEMPTS_MAX:
            self._why[key.hex()] = why[:500]
            self._held[key] = offset
        self._write()
        return count >= ATTEMPTS_MAX

    def release(self) -> list[bytes]:
        """Hold nothing back any more. Return the keys that were."""
        released = sorted(self._held)
        self._failures, self._why, self._held = {}, {}, {}
        self._write()
        return released

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(".new")
        with temporary.open("wb") as file:
            held = {key.hex(): offset for key, offset in self._held.items()}
            file.write(json.dumps({"failures": self._failures, "held": held, "why": self._why}).encode())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
