"""Replay from any crash: the same outcomes and values for every coordinate, whatever was durable when the worker died.

The model has the worker's durable things only: the log, the changelog (states written ahead), the outputs and the
committed offset. A crash keeps a prefix of each, in the order in which the lane makes them durable; then everything
from the committed offset on is done again by the processors' own batch code.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processors.batch import Produced, fold_batch, keys_of, read_batch
from processors.understand import provenance
from schemas import connection_state, message_state
from schemas.message_state import HORIZON_MS, version_of
from schemas.providers import PROVIDERS
from schemas.record import SourceContext
from tests.support.raw import START_MS, WPP, erase_record, event_record, headers, raw_record

PARSER = PROVIDERS["wpp_marketing"].parser(None)
CHOOSY = SourceContext("choosy", "acme", "wpp_marketing", selected=("read",))
NUMBER = "5511987654321"
REFERENCE = "order-7"
STATUSES = ("queued", "created", "delivered", "read", "error", "logout", "connected", "typing", "???", "forget")


@dataclass
class Durable:
    """What survives a crash."""

    messages: dict[bytes, bytes] = field(default_factory=dict)
    connections: dict[bytes, bytes] = field(default_factory=dict)
    told: dict[tuple[bytes, int], Any] = field(default_factory=dict)
    """Key and anchor of each state that was ever written → its facts at last: what the tables are made of."""
    outputs: list[Produced] = field(default_factory=list)
    committed: int = 0


@dataclass
class Step:
    """What one batch makes durable, in this order: states, then outputs, then its acknowledgement."""

    messages: list[Produced]
    connections: list[Produced]
    outputs: list[Produced]
    end: int


def log_of(choices: list[int]) -> list[Any]:
    """Return a log of few messages with few event ids, so that much is repeated; each number chooses one record.

    Now and then more time passes before a record than a message's state lives.
    """
    found = []
    at_ms = START_MS
    for offset, choice in enumerate(choices):
        rest, status = divmod(choice, len(STATUSES))
        rest, message = divmod(rest, 3)
        rest, event_id = divmod(rest, 7)
        rest, later = divmod(rest, 5)
        word = STATUSES[status]
        record = event_record(
            offset,
            f"m{message}",
            word,
            event_id=f"e{event_id}",
            occurred_at=START_MS + later,
            connection_id="m0",
            to=NUMBER,
            client_ref=REFERENCE,
        )
        key = b"acme/m0" if word in ("logout", "connected") else record.key
        rest, source = divmod(rest, 2)
        at_ms += 1 if rest else HORIZON_MS + 1
        if word == "forget":
            found.append(erase_record(offset, f"m{message}", at_ms, since_ms=at_ms - later))
            continue
        told = headers((WPP, CHOOSY)[source], received_at_ms=at_ms)
        found.append(raw_record(offset, key, record.value, told, at_ms))
    return found


CHOICES = len(STATUSES) * 3 * 7 * 5 * 2 * 6
"""How many different records `log_of` makes."""
LOGS = st.lists(st.integers(0, CHOICES - 1), min_size=1, max_size=40).map(log_of)


def steps(log: list[Any], durable: Durable, sizes: list[int]) -> list[Step]:
    """Process the log from the committed offset on, in batches of `sizes`, over states kept in memory meanwhile."""
    messages = {key: message_state.decode(value) for key, value in durable.messages.items()}
    connections = {key: connection_state.decode(value) for key, value in durable.connections.items()}
    done: list[Step] = []
    position = durable.committed
    while position < len(log):
        size = sizes[len(done) % len(sizes)]
        understood = read_batch(log[position : position + size], lambda *_: PARSER, lambda *_: False)
        message_keys, connection_keys = keys_of(understood)
        folded = fold_batch(
            understood,
            0,
            {key: messages.get(key) for key in message_keys},
            {key: connections.get(key) for key in connection_keys},
            durable.committed,
        )
        position += size
        done.append(
            Step(
                folded.messages.changed(),
                folded.connections.changed(),
                folded.messages.events + folded.connections.events + folded.set_aside,
                min(position, len(log)),
            )
        )
        messages |= {key: state for key, state in folded.messages.states.items() if state is not None}
        connections |= {key: state for key, state in folded.connections.states.items() if state is not None}
    return done


def finish(durable: Durable, done: list[Step]) -> None:
    """Make everything durable."""
    for step in done:
        keep(durable, durable.messages, step.messages)
        keep(durable, durable.connections, step.connections)
        durable.outputs += step.outputs
        durable.committed = step.end


def crash(durable: Durable, done: list[Step], draw: Any) -> None:
    """Make a part durable: batches overtake nobody, but each is at another step, and a step may be cut anywhere."""
    states = draw(st.integers(0, len(done)))
    outputs = draw(st.integers(0, states))
    acknowledged = draw(st.integers(0, outputs))
    for number, step in enumerate(done[:states]):
        is_last = number == states - 1
        for kept, written in ((durable.messages, step.messages), (durable.connections, step.connections)):
            whole_states = number < outputs or not is_last
            keep(durable, kept, written if whole_states else written[: draw(st.integers(0, len(written)))])
    for number, step in enumerate(done[:outputs]):
        whole_outputs = number < acknowledged or number < outputs - 1
        durable.outputs += step.outputs if whole_outputs else step.outputs[: draw(st.integers(0, len(step.outputs)))]
    if acknowledged:
        durable.committed = done[acknowledged - 1].end


def keep(durable: Durable, kept: dict[bytes, bytes], written: list[Produced]) -> None:
    """Write states as the changelog's readers keep them; versions never go back."""
    for key, value, _ in written:
        assert value is not None
        assert key not in kept or version_of(value) >= version_of(kept[key])
        kept[key] = value
        facts = {name: fact for name, fact in msgspec.json.decode(value).items() if not name.startswith("_")}
        durable.told[key, facts["anchor_ms"]] = facts


def without_former(messages: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """Return states without what they keep of ended ones: how long that is kept is a matter of commits, not of truth."""
    found = {}
    for key, value in messages.items():
        state = message_state.decode(value)
        state.former = []
        found[key] = message_state.encode(state)
    return found


COUNTS = ("seen", "status", "first_at_ms", "first_at", "first_received_ms", "last_received_ms", "sources")


def is_request(record: Any) -> bool:
    """Return whether a record asks that a message be forgotten."""
    return provenance(record)[1].kind == "erase"


SIZES = st.lists(st.integers(1, 10), min_size=1, max_size=4)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), log=LOGS)
def test_replay_repeats_every_outcome(data: st.DataObject, log: list[Any]) -> None:
    """However often it crashed and wherever, the outputs are those of a worker that never did, and so are the states."""
    never = Durable()
    finish(never, steps(log, never, data.draw(SIZES)))
    durable = Durable()
    for _ in range(data.draw(st.integers(1, 4))):
        crash(durable, steps(log, durable, data.draw(SIZES)), data.draw)
    finish(durable, steps(log, durable, data.draw(SIZES)))
    assert set(durable.outputs) == set(never.outputs)
    assert len(never.outputs) == len(set(never.outputs)) == len(log)
    assert (without_former(durable.messages), durable.connections) == (
        without_former(never.messages),
        never.connections,
    )
    assert durable.told == never.told
    assert durable.committed == len(log)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(log=LOGS)
def test_a_forgotten_message_keeps_its_counts_and_nothing_else(log: list[Any]) -> None:
    """From the request on a message's states and events name nobody, and its statuses and times are those of one remembered."""
    forgotten, remembered = Durable(), Durable()
    finish(forgotten, steps(log, forgotten, [1]))
    asked = (b"acme/", json.dumps({"event": "typing"}).encode(), headers())
    never = [raw_record(r.offset, *asked, r.timestamp) if is_request(r) else r for r in log]
    finish(remembered, steps(never, remembered, [1]))
    assert forgotten.told.keys() == remembered.told.keys()
    for place, facts in forgotten.told.items():
        known = remembered.told[place]
        assert {name: facts.get(name) for name in COUNTS} == {name: known.get(name) for name in COUNTS}
    for value in forgotten.messages.values():
        state = message_state.decode(value)
        if state.erased is not None:
            assert NUMBER.encode() not in value
            assert REFERENCE.encode() not in value
            late = [e for e in state.bookkeeping.journal if e.offset > state.erased.offset]
            assert {message_state.VERDICTS[e.code] for e in late} <= {"erased"}
