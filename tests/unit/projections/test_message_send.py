"""What becomes of a send: its row, the names it is found by, its manifest; and what is none."""

import msgspec
import pytest

from projections.rows import message_send
from schemas import send
from schemas.send import Send
from tests.support.world import START_MS

SEND = Send(
    account="acme",
    manifest="key:1",
    row=7,
    role="sender",
    version=START_MS,
    message_id="m-1",
    reference="pedido-1",
    recipient="551187654321",
    recipient_kind="phone",
    line="+5511987654321",
    tags={"order_id": "77", "label": "natal"},
)
DAY = START_MS // message_send._DAY_MS


def test_a_send_is_found_by_all_its_names() -> None:
    """Id, reference, number as given and in its canonical form, and the texts of its tags are names; what is empty is none."""
    assert {row[:2] for row in message_send.names([SEND])} == {
        ("m-1", "message_id"),
        ("pedido-1", "reference"),
        ("551187654321", "recipient"),
        ("5511987654321", "recipient"),
        ("77", "tag"),
        ("natal", "tag"),
    }
    bare = Send(account="acme", manifest="key:1", row=8, role="sender", version=START_MS)
    assert list(message_send.names([bare])) == []


def test_a_number_in_its_canonical_form_is_one_name() -> None:
    """A recipient that is the line's own spelling is not listed twice."""
    canonical = msgspec.structs.replace(SEND, recipient="5511987654321", tags={})
    assert [row[0] for row in message_send.names([canonical])] == ["m-1", "pedido-1", "5511987654321"]


def test_a_deleted_send_leaves_a_row_and_no_names() -> None:
    """The row that says it is taken back replaces the one before; nothing new is found by it."""
    deleted = msgspec.structs.replace(SEND, is_deleted=True)
    assert len(list(message_send.rows([deleted]))) == 1
    assert list(message_send.names([deleted])) == []
    assert list(message_send.manifests([deleted])) == []


def test_a_manifest_is_one_row_a_day() -> None:
    """However many sends say it, in whatever order: the row is the same, so that it need not be stored again."""
    later = msgspec.structs.replace(SEND, row=8, version=START_MS + 1)
    day = DAY * message_send._DAY_MS
    expected = [("acme", "key:1", "sender", day, day, 0)]
    assert message_send.manifests([SEND, later]) == message_send.manifests([later]) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"row": 0},
        {"role": "reader"},
        {"status": "lido"},
        {"account": ""},
        {"version": -1},
        {"quantity": 2**32},
        {"amount_micros": 2**63},
        {"currency": "R$"},
        {"country": "Brasil"},
        {"period": "03/2026"},
        {"sent_at_ms": 10**15},
        {"tags": {str(n): "" for n in range(9)}},
        {"tags": {"note": "x" * 257}},
        {"message_id": "x" * 513},
    ],
    ids=str,
)
def test_what_is_no_send_is_refused(wrong: dict[str, object]) -> None:
    """A value that no column can hold, or that breaks the published schema, is refused when it is read."""
    value = msgspec.json.encode(msgspec.to_builtins(SEND) | wrong)
    with pytest.raises(ValueError, match=r"Expected|Invalid|no status"):
        send.decode(value)
