"""When a callback is due: how long an account's messages take, told by those that were matched, and never under a floor. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from schemas.errors import ConfigurationError

QUANTILE: Final = 0.995
FLOOR_MS: Final = 24 * 3_600_000
SAMPLES_MIN: Final = 200
"""Fewer first callbacks than this say nothing of the slowest half per cent: the account's count, then the floor."""
LONGEST_MS: Final = 30 * 24 * 3_600_000
"""A connection that takes longer is not waited for longer."""
_DURATION: Final = re.compile(r"([1-9][0-9]{0,4})(m|h|d)")
_UNIT_MS: Final = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


@dataclass(frozen=True, slots=True)
class Delay:
    """How long first callbacks took after the send."""

    connection_id: str
    """"" for the whole account."""
    samples: int
    quantile_ms: int
    """99.5 % came within this."""


@dataclass(frozen=True, slots=True)
class Due:
    """How long after a send its first callback is due."""

    connection_id: str
    """"" for connections that are not named."""
    after_ms: int
    why: str
    """A sentence for people."""
    why_pt: str
    """The same in Portuguese."""


def due_times(delays: Iterable[Delay], account: str, *, fixed_ms: int = 0, floor_ms: int = FLOOR_MS) -> tuple[Due, ...]:
    """Return when callbacks are due: the account's first (for every connection not named), then of each connection, sorted.

    Args:
        delays: of the account ("") and of its connections.
        account: its name, for the sentence.
        fixed_ms: said by a person (`--due 72h`), then nothing else counts; 0: not said.
        floor_ms: never sooner than this.
    """
    if fixed_ms:
        length = _duration(fixed_ms)
        return (Due("", fixed_ms, f"{length}, as asked for", f"{length}, como pedido"),)
    known = {delay.connection_id: delay for delay in delays if delay.samples >= SAMPLES_MIN}
    whole = known.pop("", None)
    if whole is None:
        floor = _duration(floor_ms)
        few = f"too few of {account}'s are known to say; floor {floor}"
        first = Due("", floor_ms, few, f"conhecem-se poucos de {account} para dizer; mínimo {floor}")
    else:
        first = _due("", account, whole, floor_ms)
    return (first, *(_due(name, name, known[name], floor_ms) for name in sorted(known)))


def _due(connection_id: str, name: str, delay: Delay, floor_ms: int) -> Due:
    within = min(max(delay.quantile_ms, 0), LONGEST_MS)
    length, floor = _duration(within), _duration(floor_ms)
    said = f"99.5 % of {name}'s arrive within {length}; floor {floor}"
    return Due(
        connection_id, max(within, floor_ms), said, f"99,5 % dos de {name} chegam em até {length}; mínimo {floor}"
    )


def read_duration_ms(text: str) -> int:
    """Return ms of `90m`, `72h` or `3d`. Raises ConfigurationError."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ConfigurationError(f"`{text}` is no length of time: write 90m, 72h or 3d")
    return int(found[1]) * _UNIT_MS[found[2]]


def _duration(ms: int) -> str:
    """Return a length of time for people, never shorter than it is: whole hours from 2 on, else minutes, else seconds."""
    for unit_ms, letter, least in ((3_600_000, "h", 2), (60_000, "min", 2)):
        if ms >= unit_ms * least:
            return f"{-(-ms // unit_ms)} {letter}"
    return f"{-(-ms // 1000)} s"
