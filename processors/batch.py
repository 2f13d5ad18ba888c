"""Pure: what a batch of raw records becomes: new states, events and set-aside records, in the log's order."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from processors.erase import erase
from processors.fold import CONNECTION, MESSAGE, State, StateKind, fold
from processors.understand import ParserOf, Said, provenance, understand
from schemas.connection_state import is_pairing
from schemas.event import Erase, Event, Ignored, Pairing, RawReference, Unmapped, encode_cloud_event
from schemas.message_state import VERDICTS
from schemas.record import Kind, RequestStamp, SetAside, SourceContext, fold_time_ms
from schemas.status import PUBLISHED_OUTCOMES, Outcome

Produced = tuple[bytes, bytes | None, int]
"""A record to send: key, value (None deletes), timestamp ms."""

_BATCH: Final = Kind.BATCH.value
_PUBLISHED: Final = frozenset(str(outcome) for outcome in PUBLISHED_OUTCOMES)
_HELD: Final = Unmapped("its key is held back since a record of it stopped the worker three times")
_ERASED: Final = VERDICTS[-1]
"""Of an event of a forgotten message. Published as `ignored`, of this kind: the words of a published outcome are fixed."""
_ERASURE: Final = "erasure_request"
_encode_set_aside = msgspec.json.Encoder().encode


@dataclass(slots=True)
class TableBatch:
    """One table's part in a batch: the states its keys had, then have."""

    kind: StateKind
    states: dict[bytes, State | None] = field(default_factory=dict)
    dirty: dict[bytes, int] = field(default_factory=dict)
    """Changed key → its record's time, in the order of last change: the order of versions."""
    ended: list[tuple[bytes, State, int]] = field(default_factory=list)
    """Changed states that ended at the horizon within the batch: key, state, its record's time."""
    events: list[Produced] = field(default_factory=list)

    def change(self, key: bytes, state: State, at_ms: int) -> None:
        """Note that a record of `at_ms` changed a key's state, or began another after it."""
        before = self.states[key]
        last_ms = self.dirty.pop(key, None)
        if state is not before:
            self.states[key] = state
            if last_ms is not None:
                self.ended.append((key, before, last_ms))
        self.dirty[key] = at_ms

    def changed(self) -> list[Produced]:
        """Return the changed states to write, in the order of their versions. Raises Stuck for one JSON cannot carry."""
        encode, states = self.kind.encode, self.states
        changed: list[tuple[bytes, State, int]] = [(key, states[key], at_ms) for key, at_ms in self.dirty.items()]
        if self.ended:
            changed = sorted(self.ended + changed, key=lambda one: one[1].bookkeeping.version)
        written: list[Produced] = []
        for key, state, at_ms in changed:
            try:
                written.append((key, encode(state), at_ms))
            except Exception as error:
                raise Stuck(key, state.bookkeeping.version, error) from error
        return written


@dataclass(slots=True)
class Folded:
    """All that a batch of raw records leads to."""

    messages: TableBatch
    connections: TableBatch
    set_aside: list[Produced] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)
    unclear_by_source: dict[str, int] = field(default_factory=dict)
    """Records not understood or quarantined, by source: what an alert looks at."""
    erased: list[bytes] = field(default_factory=list)
    """Keys of the messages that were forgotten: their old values are to leave the store's files too."""
    latest_ms: int = 0
    """Greatest time of the records that ingest wrote; 0 where there is none."""


Understood = tuple[Any, SourceContext, RequestStamp, Said]


class Stuck(Exception):
    """A record made the fold fail; carries its coordinate, so that the third time it is quarantined."""

    def __init__(self, key: bytes, offset: int, cause: Exception) -> None:
        """Name the record and why."""
        super().__init__(f"record at offset {offset} cannot be processed: {cause!r}")
        self.key = key
        self.offset = offset


def read_batch(records: Iterable[Any], parser_of: ParserOf, held: Callable[[bytes, int], bool]) -> list[Understood]:
    """Return what each record says, whole-body evidence left out.

    Args:
        records: raw records, in the log's order.
        parser_of: finds the parser of a source.
        held: whether a record (key, offset) is quarantined; then it is not even read.

    Raises:
        Stuck: a record broke its parser.
    """
    understood: list[Understood] = []
    for record in records:
        context, stamp = provenance(record)
        if stamp.kind == _BATCH:
            continue
        if held(record.key or b"", record.offset):
            understood.append((record, context, stamp, _HELD))
            continue
        try:
            said = understand(record, context, stamp, parser_of)
        except Exception as error:
            raise Stuck(record.key or b"", record.offset, error) from error
        understood.append((record, context, stamp, said))
    return understood


def keys_of(understood: Sequence[Understood]) -> tuple[list[bytes], list[bytes]]:
    """Return the distinct message keys and connection keys a batch touches."""
    messages: dict[bytes, None] = {}
    connections: dict[bytes, None] = {}
    for record, _, _, said in understood:
        if type(said) is Event:
            (messages if said.message_id else connections)[record.key] = None
        elif type(said) is Pairing:
            connections[record.key] = None
        elif type(said) is Erase:
            messages[record.key or b""] = None
    return list(messages), list(connections)


def fold_batch(
    understood: Sequence[Understood],
    partition: int,
    messages: dict[bytes, State | None],
    connections: dict[bytes, State | None],
    committed: int = 0,
) -> Folded:
    """Fold a batch over the states its keys have.

    Args:
        understood: the batch, in the log's order.
        partition: the raw partition it is from.
        messages: state (or None) of every message key the batch touches; owned, changed in place.
        connections: the same of connections.
        committed: offset before which no record is ever replayed.

    Raises:
        Stuck: a record cannot be folded, or what comes of it cannot be written as JSON.
    """
    folded = Folded(TableBatch(MESSAGE, messages), TableBatch(CONNECTION, connections))
    outcomes = folded.outcomes
    for record, context, stamp, said in understood:
        key, offset = record.key or b"", record.offset
        raw = RawReference(partition, offset, record.timestamp)
        at_ms = fold_time_ms(record.timestamp, stamp.received_at_ms)
        if at_ms > folded.latest_ms and stamp.received_at_ms:
            folded.latest_ms = at_ms
        event, kind = None, ""
        try:
            if type(said) is Pairing and not is_pairing(connections[key], said.logout, offset):
                said = said.logout  # noqa: PLW2901 - the connection's past says what it is
            if type(said) is Event:
                event, why = said, ""
                table = folded.messages if said.message_id else folded.connections
                state, outcome, changed = fold(
                    table.kind, table.states[key], said, offset, at_ms, context.selected, committed
                )
                if changed:
                    table.change(key, state, at_ms)
                if outcome in _PUBLISHED:
                    value = encode_cloud_event(said, outcome, stamp.request_id, stamp.index, raw)
                    table.events.append((key, value, at_ms))
            else:
                outcome, why, kind = _no_event(folded, said, key, offset, at_ms)
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
            if outcome not in _PUBLISHED:
                value = _set_aside(raw, context, stamp, outcome, why, event, kind)
                folded.set_aside.append((key, value, at_ms))
                if outcome in ("unmapped", "quarantined"):
                    unclear = folded.unclear_by_source
                    unclear[context.source] = unclear.get(context.source, 0) + 1
        except Exception as error:
            raise Stuck(key, offset, error) from error
    return folded


def _no_event(folded: Folded, said: Said, key: bytes, offset: int, at_ms: int) -> tuple[str, str, str]:
    """Return (outcome, why, kind) of a record that says no status; forget the message that one asks to be forgotten."""
    if isinstance(said, Ignored):
        return "ignored", said.kind, said.kind
    if isinstance(said, Erase):
        state = folded.messages.states[key]
        if erase(state, said, offset, at_ms):
            folded.messages.change(key, state, at_ms)
        folded.erased.append(key)
        return "ignored", _ERASURE, _ERASURE
    return "quarantined" if said is _HELD else "unmapped", said.why, ""  # type: ignore[union-attr]  # Unmapped is what remains


def _set_aside(
    raw: RawReference,
    context: SourceContext,
    stamp: RequestStamp,
    outcome: str,
    why: str,
    event: Event | None,
    kind: str,
) -> bytes:
    if outcome == _ERASED:
        outcome, why, kind = "ignored", _ERASED, _ERASED
    return _encode_set_aside(
        SetAside(
            partition=raw.partition,
            offset=raw.offset,
            raw_at_ms=raw.at_ms,
            outcome=Outcome(outcome),
            why=why,
            source=context.source,
            account=context.account,
            provider=context.provider,
            request_id=stamp.request_id,
            index=stamp.index,
            received_at_ms=stamp.received_at_ms,
            event_id=event.id if event else "",
            kind=kind,
        )
    )
