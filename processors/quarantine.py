"""Keys held back because a record of theirs stopped the worker three times; kept on disk, re-driven by command.

Every failure is written down (synced) before the worker stops, so that the count survives it.
"""

import json
import os
from pathlib import Path
from typing import Final

ATTEMPTS_MAX: Final = 3


class Quarantine:
    """What one partition holds back: `failures.json` in its state directory."""

    def __init__(self, path: Path) -> None:
        """Read the file at `path`, if there is one."""
        self._path = path
        self._failures: dict[str, int] = {}
        self._keys: dict[str, str] = {}
        if path.exists():
            kept = json.loads(path.read_bytes())
            self._failures, self._keys = kept["failures"], kept["keys"]
        self._held = {bytes.fromhex(key) for key in self._keys}

    def holds(self, key: bytes) -> bool:
        """Return whether a key is held back."""
        return key in self._held

    def failed(self, key: bytes, offset: int, why: str) -> bool:
        """Write down that the record at `offset` stopped the worker. Return whether its key is held back from now on."""
        count = self._failures.get(str(offset), 0) + 1
        self._failures[str(offset)] = count
        if count >= ATTEMPTS_MAX:
            self._keys[key.hex()] = why[:500]
            self._held.add(key)
        self._write()
        return count >= ATTEMPTS_MAX

    def release(self) -> list[bytes]:
        """Hold nothing back any more. Return the keys that were."""
        released = sorted(self._held)
        self._failures, self._keys, self._held = {}, {}, set()
        self._write()
        return released

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(".new")
        with temporary.open("wb") as file:
            file.write(json.dumps({"failures": self._failures, "keys": self._keys}).encode())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
