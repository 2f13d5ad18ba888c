"""Bits that changed by themselves, as on a disk that rots."""

import random
from collections.abc import Iterable
from pathlib import Path


def flip_bits(files: Iterable[Path], count: int, seed: int) -> list[Path]:
    """Flip `count` bits, each in a file and at a place chosen by the seed; return the files that changed."""
    rng = random.Random(seed)
    full = sorted(file for file in files if file.is_file() and file.stat().st_size)
    assert full, "there is no file to change"
    changed = []
    for _ in range(count):
        file = rng.choice(full)
        content = bytearray(file.read_bytes())
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        file.write_bytes(content)
        changed.append(file)
    return changed
