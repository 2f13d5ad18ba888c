"""What the processors hold back: the records of `processors.holds`, in the partition of the raw record that they are about.

Key `generation/partition/offset`: a `Hold`, written by the partition's owner. The same and `/release`: a `Release`,
written by `recibo quarantine release`. So neither ever overwrites what the other said.
"""

from typing import Final, NamedTuple

import msgspec

ATTEMPTS_MAX: Final = 3
"""How often a record may make the fold fail before its key is held back."""
WHY_CHARS_MAX: Final = 500
_RELEASE: Final = "release"


class HoldAt(NamedTuple):
    """The coordinate of the raw record that failed."""

    generation: int
    partition: int
    offset: int


class Hold(msgspec.Struct, frozen=True, omit_defaults=True):
    """A record that failed, and, once it did so ATTEMPTS_MAX times, the stretch in which its key is held back."""

    key: str
    """The raw record's key, in hexadecimal."""
    failures: int
    why: str
    is_held: bool = False
    until: int | None = None
    """Offset from which the key is free again; None while it is held."""

    def covers(self, since: int, offset: int) -> bool:
        """Return whether a record of the key at `offset` is held back by this, which begins at `since`."""
        return self.is_held and since <= offset and (self.until is None or offset < self.until)


class Release(msgspec.Struct, frozen=True, omit_defaults=True):
    """That a hold is to end, and whether what it held back has been appended to the raw log again."""

    redriven: bool = False


def hold_key(at: HoldAt) -> bytes:
    """Return the key of a hold."""
    return f"{at.generation}/{at.partition}/{at.offset}".encode()


def release_key(at: HoldAt) -> bytes:
    """Return the key of a hold's release."""
    return f"{at.generation}/{at.partition}/{at.offset}/{_RELEASE}".encode()


def read_key(key: bytes) -> tuple[HoldAt, bool]:
    """Return the coordinate that a key names, and whether it is a release's. Raises ValueError for any other key."""
    generation, partition, offset, *rest = key.decode().split("/")
    if rest not in ([], [_RELEASE]):
        raise ValueError(f"no key of processors.holds: {key!r}")
    return HoldAt(int(generation), int(partition), int(offset)), bool(rest)


encode = msgspec.json.Encoder().encode
"""Returns a hold or a release as a value of `processors.holds`."""
decode_hold = msgspec.json.Decoder(Hold).decode
decode_release = msgspec.json.Decoder(Release).decode
