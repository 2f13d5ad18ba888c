"""What every process of a deployment must agree on: the topic `deployment` (1 partition, compacted). Pure.

Keys and values (JSON): `live_generation`; and of each generation N `raw_topic_id.gN`, `hand_over.gN`, `mappings.gN` and, for
each partition P of the raw log, `parser_version.gN.P`. The last value of a key counts, and one without a value is deleted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec

FIRST_GENERATION: Final = 1
"""What is live where the topic says nothing."""

LIVE: Final = "live_generation"
RAW: Final = "raw_topic_id"
PARSER: Final = "parser_version"
MAPPINGS: Final = "mappings"
HAND_OVER: Final = "hand_over"


class LiveGeneration(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which generation of the derived topics counts."""

    generation: int = FIRST_GENERATION
    switching_to: int = 0
    """While a repair replaces tables, nothing but its own processes may work; 0: no repair does."""


class RawIdentity(msgspec.Struct, frozen=True):
    """Which raw log a generation is folded from: offsets mean something only in it."""

    topic_id: str
    """Kafka's own; "" where the brokers say none."""
    partitions: int

    def is_of(self, other: "RawIdentity") -> bool:
        """Return whether both may be the same log: an id that nobody knows contradicts none."""
        is_known = bool(self.topic_id and other.topic_id)
        return self.partitions == other.partitions and (not is_known or self.topic_id == other.topic_id)


class Mappings(msgspec.Struct, frozen=True):
    """The mappings by which a repair reads what came before it began, instead of those that the records came with."""

    until: dict[int, int]
    """Raw partition → offset of the first record that is read by its own mapping again."""
    by_source: dict[str, str]
    """Source → its mapping, as `SourceContext.mapping` has it."""


class HandOver(msgspec.Struct, frozen=True):
    """Where the last switch let a generation begin to count."""

    from_generation: int
    offsets: dict[str, dict[int, int]]
    """Derived topic → partition → first offset that belongs to the live traffic: a follower of the topic begins there."""


@dataclass(frozen=True, slots=True)
class DeploymentState:
    """What the topic says. Not changed in place: `told` returns what follows from one more record."""

    live: LiveGeneration = field(default_factory=LiveGeneration)
    is_recorded: bool = False
    """Whether the topic names a live generation; else the first one counts."""
    raw: Mapping[int, RawIdentity] = field(default_factory=dict)
    """Generation → the raw log it is folded from."""
    parsers: Mapping[tuple[int, int], int] = field(default_factory=dict)
    """(Generation, raw partition) → version of the parsers that its owner last worked with."""
    mappings: Mapping[int, Mappings] = field(default_factory=dict)
    hand_overs: Mapping[int, HandOver] = field(default_factory=dict)


_OF_A_GENERATION: Final[Mapping[str, tuple[str, Any]]] = {
    RAW: ("raw", RawIdentity),
    PARSER: ("parsers", int),
    MAPPINGS: ("mappings", Mappings),
    HAND_OVER: ("hand_overs", HandOver),
}
"""Name → field of the state, and what its values are."""


def told(state: DeploymentState, key: bytes | None, value: bytes | None) -> DeploymentState:
    """Return the state after one record. What this version does not know, or cannot read, changes nothing."""
    name, _, rest = (key or b"").decode(errors="replace").partition(".g")
    try:
        if name == LIVE:
            live = LiveGeneration() if value is None else msgspec.json.decode(value, type=LiveGeneration)
            return replace(state, live=live, is_recorded=value is not None)
        if name not in _OF_A_GENERATION:
            return state
        field_name, kind = _OF_A_GENERATION[name]
        numbers = tuple(int(number) for number in rest.split("."))
        of = numbers if name == PARSER else numbers[0]
        others = {k: v for k, v in getattr(state, field_name).items() if k != of}
        known = others if value is None else {**others, of: msgspec.json.decode(value, type=kind)}
    except (ValueError, msgspec.DecodeError):
        return state
    changes: dict[str, Any] = {field_name: known}
    return replace(state, **changes)


def key_of(name: str, generation: int = 0, partition: int | None = None) -> bytes:
    """Return the key under which something of a generation (0: of the deployment) stands."""
    parts = [name, *([f"g{generation}"] if generation else []), *([] if partition is None else [str(partition)])]
    return ".".join(parts).encode()


encode = msgspec.json.Encoder().encode
"""Returns a value of the topic."""


def not_live(state: DeploymentState, generation: int, *, is_repairs: bool) -> str:
    """Return why a process of `generation` may not work now, and what to do; "" where it may. Decides without a clock.

    Args:
        state: what the topic says.
        generation: of the process.
        is_repairs: whether `recibo repair` runs it for the generation that it makes.
    """
    live = state.live
    if is_repairs:
        return ""
    if live.switching_to:
        return (
            f"generation {live.generation} is being replaced by {live.switching_to}: `recibo repair --yes` finishes it, and "
            "this process continues by itself"
        )
    if generation != live.generation:
        return (
            f"generation {live.generation} is live, and this process works for generation {generation}, which a repair "
            "replaced: start it again without RECIBO_GENERATION, and it works for the live one"
        )
    return ""


def another_log(state: DeploymentState, generation: int, found: RawIdentity, raw: str) -> str:
    """Return why a generation cannot be folded from the raw log that was found, and what to do; "" where it can."""
    known = state.raw.get(generation)
    if known is None or known.is_of(found):
        return ""
    return recreated(raw, generation, known, found)


def recreated(raw: str, generation: int, known: RawIdentity, found: RawIdentity) -> str:
    """Say that the raw log is not the one that a generation was folded from, and what to do."""
    return (
        f"{raw} is not the log that generation {generation} was folded from (topic id {known.topic_id or '?'} with "
        f"{known.partitions} partitions; now {found.topic_id or '?'} with {found.partitions}): it was recreated, and its "
        "offsets begin anew. Nothing was changed. Run `recibo repair`: it makes the next generation from this log, seeded "
        "with all that is known; do not reset offsets, and do not delete states"
    )
