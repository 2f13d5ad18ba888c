"""Which partition a key belongs to: murmur2, as every Kafka client's default partitioner has it."""

from struct import Struct
from typing import Final

_SEED: Final = 0x9747B28C
_M: Final = 0x5BD1E995
_MASK: Final = 0xFFFFFFFF
_WORDS: Final = tuple(Struct(f"<{count}I").unpack_from for count in range(256))


def murmur2(data: bytes) -> int:
    """Return the 32-bit hash of `data`, as Java's `org.apache.kafka.common.utils.Utils.murmur2` does (unsigned)."""
    mask = _MASK
    m = _M
    length = len(data)
    h = _SEED ^ length
    count = length >> 2
    words = _WORDS[count](data) if count < len(_WORDS) else Struct(f"<{count}I").unpack_from(data)
    for word in words:
        k = word * m & mask
        h = (h * m ^ (k ^ k >> 24) * m) & mask
    tail = length & 3
    if tail:
        h = (h ^ int.from_bytes(data[-tail:], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition, out of `partitions`, that records of `key` go to."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


class PrefixedKeys:
    """Partitions of many keys that begin alike: what they share is hashed once a length. The same as `partition_of`."""

    def __init__(self, prefix: bytes, partitions: int) -> None:
        """Take keys that begin with `prefix`, for a topic of so many partitions."""
        self._whole = len(prefix) & ~3
        self._prefix = prefix
        self._partitions = partitions
        self._begun: dict[int, int] = {}

    def of(self, key: bytes) -> int:
        """Return the partition of a key, which begins with the prefix."""
        length = len(key)
        h = self._begun.get(length)
        if h is None:
            h = self._begun[length] = _hashed(_SEED ^ length, self._prefix[: self._whole])
        return (_finished(_hashed(h, key[self._whole :]), key, length & 3) & 0x7FFFFFFF) % self._partitions


def _hashed(h: int, data: bytes) -> int:
    """Return the hash after the whole words of `data`."""
    count = len(data) >> 2
    words = _WORDS[count](data) if count < len(_WORDS) else Struct(f"<{count}I").unpack_from(data)
    for word in words:
        k = word * _M & _MASK
        h = (h * _M ^ (k ^ k >> 24) * _M) & _MASK
    return h


def _finished(h: int, data: bytes, tail: int) -> int:
    if tail:
        h = (h ^ int.from_bytes(data[-tail:], "little")) * _M & _MASK
    h = (h ^ h >> 13) * _M & _MASK
    return h ^ h >> 15
