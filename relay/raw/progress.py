"""How far one URL has come in the raw log: what is read, what is not taken yet, and so what may be committed. Pure."""

from collections.abc import Mapping

Coordinate = tuple[int, int]
"""(partition, offset)."""


class Progress:
    """Commits never pass a webhook that is not taken: after a crash it is read, and posted, again."""

    def __init__(self, positions: Mapping[int, int]) -> None:
        """Start at these offsets, partition → next offset to read."""
        self._positions = dict(positions)
        self._waiting: dict[int, dict[int, int]] = {partition: {} for partition in positions}
        self.waiting = 0
        """Webhooks that are not taken yet."""
        self.waiting_bytes = 0

    def begin(self, where: Coordinate, size: int) -> None:
        """Note a webhook that was read and has to be taken. Offsets of a partition come in order."""
        self._waiting[where[0]][where[1]] = size
        self.waiting += 1
        self.waiting_bytes += size

    def end(self, where: Coordinate) -> None:
        """Note that a webhook was taken or given up."""
        self.waiting_bytes -= self._waiting[where[0]].pop(where[1])
        self.waiting -= 1

    def read(self, where: Coordinate) -> None:
        """Note that a record was looked at, whatever it was."""
        self._positions[where[0]] = where[1] + 1

    def safe(self) -> dict[int, int]:
        """Return partition → offset to resume from after a crash."""
        return {
            partition: next(iter(self._waiting[partition]), position) for partition, position in self._positions.items()
        }

    def next_in(self, partition: int) -> int:
        """Return the next offset to read of a partition."""
        return self._positions.get(partition, 0)

    def positions(self) -> dict[int, int]:
        """Return partition → next offset to read."""
        return dict(self._positions)
