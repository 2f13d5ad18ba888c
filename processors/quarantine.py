"""Pure: what one partition holds back, as its records in `processors.holds` say.

A key is held from the record that failed three times on: what came before it has its outcome already, and a replay must
repeat that. A release keeps the stretch, for the same reason: what was held there stays `quarantined`, and is appended
again behind it. Where the stretch ends is for the partition's owner to say, which alone knows what it has decided; the
command only asks for it.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from schemas.hold import ATTEMPTS_MAX, WHY_CHARS_MAX, Hold, Release


class Quarantine:
    """What one partition of one generation holds back."""

    def __init__(self) -> None:
        """Hold nothing back."""
        self._holds: dict[int, Hold] = {}
        self._releases: dict[int, Release] = {}
        self._by_key: dict[bytes, list[int]] = {}

    @property
    def stretches(self) -> Mapping[int, Hold]:
        """Offset of the record that failed → what is known of it."""
        return self._holds

    def take(self, offset: int, said: Hold | Release | None) -> None:
        """Take what a record of the topic says of the record at `offset`; None: it was deleted."""
        if isinstance(said, Release):
            self._releases[offset] = said
            return
        if said is None:
            self._holds.pop(offset, None)
        else:
            self._holds[offset] = said
        self._by_key = {}
        for since, hold in self._holds.items():
            if hold.is_held:
                self._by_key.setdefault(bytes.fromhex(hold.key), []).append(since)

    def holds(self, key: bytes, offset: int) -> bool:
        """Return whether the record at `offset` is held back with its key."""
        return key in self._by_key and any(self._holds[since].covers(since, offset) for since in self._by_key[key])

    def failed(self, key: bytes, offset: int, why: str, *, for_good: bool = False) -> Hold:
        """Return what to write down when the record at `offset` failed.

        Args:
            key: its key.
            offset: its offset.
            why: for people.
            for_good: it can never succeed, so that it is held at once.
        """
        known = self._holds.get(offset)
        count = (known.failures if known is not None else 0) + 1
        return Hold(key.hex(), count, why[:WHY_CHARS_MAX], is_held=for_good or count >= ATTEMPTS_MAX)

    def ended(self, log_end: int) -> dict[int, Hold]:
        """Return the holds to write down as ended: those whose release is asked for, at the log's end."""
        return {
            since: replace(hold, until=log_end)
            for since, hold in self._holds.items()
            if hold.is_held and hold.until is None and since in self._releases
        }

    @property
    def is_asked(self) -> bool:
        """Whether a release waits for `ended`."""
        return any(self._holds[since].until is None for since in self._releases if since in self._holds)

    def held_count(self) -> int:
        """Return how many holds are in force."""
        return sum(hold.is_held and hold.until is None for hold in self._holds.values())
