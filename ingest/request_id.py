"""Ids of requests: 32 hexadecimal digits that sort by time: 48 bits of milliseconds, then randomness."""

from random import Random, SystemRandom

_random = Random(SystemRandom().getrandbits(256)).getrandbits  # noqa: S311 - unique, not secret; seeded by the system


def new_request_id(received_at_ms: int) -> str:
    """Return an id for a request received at `received_at_ms` (UTC)."""
    return f"{received_at_ms:012x}{_random(80):020x}"
