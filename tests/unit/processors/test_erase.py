"""A message forgotten: from which record on, and what a record says that cannot be read."""

from typing import Any

from processors.batch import Folded, fold_batch, keys_of, read_batch
from projections.rows import message_alias, message_name, message_state
from schemas.providers import PROVIDERS
from schemas.record import SourceContext
from tests.support.raw import START_MS, erase_record, event_record, headers, raw_record

PARSER = PROVIDERS["wpp_marketing"].parser(None)
KEY = b"acme/m"


def folded(*records: Any) -> Folded:
    """Fold records in one batch, over nothing."""
    understood = read_batch(records, lambda *_: PARSER, lambda *_: False)
    messages, connections = keys_of(understood)
    return fold_batch(understood, 0, dict.fromkeys(messages), dict.fromkeys(connections))


def state_in(done: Folded) -> Any:
    """Return what became of the message."""
    return done.messages.states[KEY]


def told(offset: int, status: str) -> Any:
    """Return an event about a person."""
    return event_record(offset, "m", status, to="5511987654321", client_ref="order-7", tracking_id="t-1")


def test_a_forgotten_message_is_known_by_another_name() -> None:
    """Its rows are under the new name, with statuses and times, and lead to nobody."""
    state = state_in(folded(told(0, "queued"), erase_record(1, "m"), told(2, "read")))
    row = dict(
        zip((name for name, _ in message_state.TABLE.columns), next(iter(message_state.rows([state]))), strict=True)
    )
    assert (row["message_id"], row["line"], row["client_ref"]) == ("erased-m", "", "")
    assert row["seen"] == 1 | 128
    assert [names[1:3] for names in message_alias.rows([state])] == [("erased-m", "erased-m")]
    assert list(message_name.rows([state])) == []


def test_what_comes_later_is_set_aside_and_not_published() -> None:
    """The first event is published; the request and what comes after it are set aside as ignored."""
    done = folded(told(0, "queued"), erase_record(1, "m"), told(2, "read"), told(3, "read"))
    assert len(done.messages.events) == 1
    assert done.outcomes == {"advanced": 1, "ignored": 1, "erased": 2}
    assert done.erased == [KEY]


def test_a_younger_message_is_left() -> None:
    """A message that is first known after the time that the request names is not meant."""
    asked = erase_record(1, "m", since_ms=START_MS - 1)
    assert state_in(folded(told(0, "queued"), asked)).erased is None


def test_a_request_for_what_nobody_knows_changes_nothing() -> None:
    """No state is made of it: the next event begins one that lives."""
    done = folded(erase_record(0, "m"), told(1, "queued"))
    assert state_in(done).erased is None
    assert state_in(done).recipient == "5511987654321"


def test_a_request_that_cannot_be_read_is_said() -> None:
    """Bytes that are none lead to no erasure, and are seen by who looks at what was not understood."""
    bad = raw_record(0, KEY, b"{", headers(SourceContext("", "acme", ""), kind="erase"))
    assert folded(bad).outcomes == {"unmapped": 1}
