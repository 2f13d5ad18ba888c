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
