"""The product's own fold over a raw log, without servers: in batches of any sizes, states encoded and read again."""

import json
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from processors.batch import Folded, fold_batch, keys_of, read_batch
from schemas import connection_state, message_state
from schemas.providers.provider import Parser
from schemas.record import SourceContext
from tests.differential.compare import Published


def published(records: Sequence[Any], parser_of: Callable[[SourceContext], Parser], rng: random.Random) -> Published:
    """Return what the processors publish of a raw log; batches are cut where the generator says."""
    found = Published()
    for partition in sorted({record.partition for record in records}):
        mine = [record for record in records if record.partition == partition]
        while mine:
            size = rng.choice((1, 7, 60, 500))
            _fold(mine[:size], partition, parser_of, found)
            del mine[:size]
    return found


def _fold(
    records: Sequence[Any], partition: int, parser_of: Callable[[SourceContext], Parser], found: Published
) -> None:
    understood = read_batch(records, lambda context, _: parser_of(context), lambda *_: False)
    messages, connections = keys_of(understood)
    folded = fold_batch(
        understood,
        partition,
        _states(messages, found.messages, message_state.decode),
        _states(connections, found.connections, connection_state.decode),
    )
    take(folded, found)


def _states(keys: Iterable[bytes], values: dict[bytes, bytes], decode: Callable[[bytes], Any]) -> dict[bytes, Any]:
    return {key: decode(values[key]) if key in values else None for key in keys}


def take(folded: Folded, found: Published) -> None:
    """Add what a batch leads to."""
    for key, value, _ in folded.messages.changed():
        found.every[key, json.loads(value or b"")["anchor_ms"]] = value or b""
    for table, states in ((folded.messages, found.messages), (folded.connections, found.connections)):
        found.events += [(key, json.loads(value or b"")) for key, value, _ in table.events]
        states |= {key: value for key, value, _ in table.changed() if value is not None}
    found.set_aside += [(key, json.loads(value or b"")) for key, value, _ in folded.set_aside]
