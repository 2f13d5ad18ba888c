"""Decoded states of recently changed keys: the least recently changed leave first, but never before they are stored."""

from typing import Any, Final

_DECODED_BYTES: Final = 512
_DECODED_TIMES: Final = 3
"""A decoded state, its key and its place here take about this, and so many times its encoded length (measured)."""


class HotStates:
    """A bounded cache in front of a store. An entry changed by batch n stays until batch n is in the store."""

    def __init__(self, bytes_max: int, entries_max: int) -> None:
        """Keep up to so many bytes, and so many states (more only while they wait for their store)."""
        self._bytes_max = bytes_max
        self._entries_max = entries_max
        self._entries: dict[bytes, tuple[Any, int, int]] = {}
        """Key → state, batch that changed it, size."""
        self.bytes = 0
        """What the entries take, about."""

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: bytes) -> Any:
        """Return a state, or None where it is not hot."""
        entry = self._entries.get(key)
        return entry[0] if entry is not None else None

    def put(self, key: bytes, state: Any, batch: int, encoded_length: int) -> None:
        """Keep a state as the most recent; `batch` is the one that changed it, or 0 for one just read."""
        known = self._entries.pop(key, None)
        size = _DECODED_BYTES + _DECODED_TIMES * encoded_length
        self._entries[key] = (state, batch, size)
        self.bytes += size - known[2] if known is not None else size

    def drop(self, key: bytes) -> None:
        """Forget a state."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.bytes -= entry[2]

    def evict(self, stored_batch: int) -> None:
        """Drop the oldest entries above the bounds, as far as the store has them (batches up to `stored_batch`)."""
        entries, left, gone = self._entries, len(self._entries), list[bytes]()
        for key, (_, batch, size) in entries.items():
            if (self.bytes <= self._bytes_max and left <= self._entries_max) or batch > stored_batch:
                break
            self.bytes -= size
            left -= 1
            gone.append(key)
        for key in gone:  # not one by one from the front: a dictionary looks for its first entry past all that are gone
            del entries[key]
