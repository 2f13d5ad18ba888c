"""Decoded states of recently changed keys: the least recently changed leave first, but never before they are stored."""

from typing import Any


class HotStates:
    """A bounded cache in front of a store. An entry changed by batch n stays until batch n is in the store."""

    def __init__(self, entries_max: int) -> None:
        """Keep up to `entries_max` states (more only while they wait for their store)."""
        self._entries_max = entries_max
        self._entries: dict[bytes, tuple[Any, int]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: bytes) -> Any:
        """Return a state, or None where it is not hot."""
        entry = self._entries.get(key)
        return entry[0] if entry is not None else None

    def put(self, key: bytes, state: Any, batch: int) -> None:
        """Keep a state as the most recent; `batch` is the one that changed it, or 0 for one just read."""
        self._entries.pop(key, None)
        self._entries[key] = (state, batch)

    def drop(self, key: bytes) -> None:
        """Forget a state."""
        self._entries.pop(key, None)

    def evict(self, stored_batch: int) -> None:
        """Drop the oldest entries above the bound, as far as the store has them (batches up to `stored_batch`)."""
        entries = self._entries
        while len(entries) > self._entries_max:
            oldest = next(iter(entries))
            if entries[oldest][1] > stored_batch:
                return
            del entries[oldest]
