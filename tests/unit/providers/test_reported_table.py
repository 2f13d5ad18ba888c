"""The table of public reports: what must become of each body, written down from the reports and not from our own answers.

`test_reported.py` holds every field of every part to what was found right once; this file says what each report itself
calls for. A code is looked at as it came: which category it has is another table's. Shapes that a mapping reads are in
`tests/unit/operations/test_reported_learned.py`.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from schemas import message_state
from schemas.event import Event, Ignored, Normalized, Unmapped
from schemas.message_state import MessageState
from schemas.phone import search_forms
from schemas.providers import PROVIDERS
from schemas.record import SourceContext
from tests.unit.providers.test_reported import RECEIVED_AT_MS, REPORTED

AT_MS = 1_795_792_000_000
IGNORED, KEPT = "ignored", "kept"
"""No event: authentic and no status, or not understood and set aside."""

Wanted = str | dict[str, Any]

ROWS: dict[str, tuple[str, Sequence[Wanted]]] = {
    "meta-contacts_only_waid.json": ("meta_cloud", [{"status": "error", "code": "131026"}]),
    "meta-failed_two_errors_no_title.json": (
        "meta_cloud",
        [
            {
                "status": "error",
                "code": "131049",
                "title": "This message was not delivered to maintain healthy ecosystem engagement.",
            }
        ],
    ),
    "meta-bsuid_recipient.json": ("meta_cloud", [{"recipient": "BR.8841200347719902", "recipient_kind": "bsuid"}]),
    "meta-pmp_free.json": (
        "meta_cloud",
        [{"status": "sent", "billable": False, "price_model": "PMP", "client_ref": "pedido:8812|loja=são-paulo|ç"}],
    ),
    "meta-group_sent_noparticipant.json": (
        "meta_cloud",
        [
            {"status": "sent", "participant": "", "recipient_kind": "group"},
            {"status": "delivered", "recipient_kind": "group"},
            {"status": "delivered", "recipient_kind": "group"},
        ],
    ),
    "meta-history_with_status.json": ("meta_cloud", [IGNORED]),
    "meta-coexistence_mixed.json": ("meta_cloud", [{"status": "delivered"}, IGNORED, IGNORED]),
    "meta-times_odd.json": (
        "meta_cloud",
        [{"occurred_at_ms": AT_MS}] * 2 + [{"time_source": "received", "occurred_at_ms": RECEIVED_AT_MS}] * 4,
    ),
    "meta-warning_catalog.json": ("meta_cloud", [IGNORED]),
    "meta-inbound_and_status_same_value.json": ("meta_cloud", [{"status": "read"}, IGNORED]),
    "meta-user_preferences.json": ("meta_cloud", [IGNORED]),
    "meta-account_offboarded.json": ("meta_cloud", [IGNORED]),
    "meta-thousand.json": ("meta_cloud", [{"status": "delivered"}] * 1_000),
    "meta-numbers.json": (
        "meta_cloud",
        [{"recipient": number} for number in ("5215512345678", "5491123456789", "558299448232")],
    ),
    "gupshup-v3_failed_code.json": ("meta_cloud", [{"status": "error", "code": "1002"}]),
    "gupshup-v3_enqueued_failed.json": ("meta_cloud", [KEPT]),
    "gupshup-v3_set_callback.json": ("meta_cloud", [KEPT]),
    "twilio-read_eventtype.form": ("twilio", [{"status": "read"}]),
    "twilio-undelivered_63049.form": ("twilio", [{"status": "error", "code": "63049", "has_title": True}]),
    "twilio-smsstatus_only.form": ("twilio", [{"status": "delivered"}]),
    "twilio-errorcode_zero.form": ("twilio", [{"status": "delivered", "code": None}]),
    "twilio-bsuid.form": ("twilio", [{"recipient_kind": "bsuid"}]),
    **{
        path.name: ("twilio", [{"status": "error", "code": path.stem.rpartition("_")[2]}])
        for path in sorted(REPORTED.glob("twilio-code_*.form"))
    },
    "evolution-numeric_zero_463.json": ("evolution", [{"status": "error", "code": "463"}]),
    "evolution-meta_failed_errors.json": (
        "evolution",
        [{"status": "error", "code": "131047", "category": "window_closed"}],
    ),
    "evolution-v1_shape.json": (
        "evolution",
        [{"status": "delivered", "message_id": "3EB0BUGS0000000202", "occurred_at_ms": AT_MS}],
    ),
    "evolution-upsert_sent_fromme.json": ("evolution", [IGNORED]),
    "evolution-send_message_lid_alt.json": (
        "evolution",
        [{"recipient": "5511988882102", "identities": {"5511988882102", "174000000002102"}}],
    ),
    "evolution-update_lid_alt.json": (
        "evolution",
        [{"status": "read", "recipient": "5511988882103", "identities": {"5511988882103", "174000000002103"}}],
    ),
    "evolution-baileys_receipt_group.json": ("evolution", [KEPT]),
    "evolution-device_jid.json": ("evolution", [{"status": "read", "recipient": "5511988880209"}]),
    "evolution-status_broadcast.json": ("evolution", [IGNORED]),
    "waha-story_ack.json": ("waha", [IGNORED]),
    "wppconnect-broadcast_ack.json": ("wppconnect", [IGNORED]),
    "z_api-broadcast_status.json": ("z_api", [IGNORED]),
    "evolution-close_500.json": ("evolution", [{"status": "disconnected", "reason": "500 bad session"}]),
    "codechat-v1.json": ("evolution", [KEPT]),
    "waha-group_id_sent.json": ("waha", [{"status": "sent", "message_id": "3EB0BUGS00000301"}]),
    "waha-group_id_with_sender.json": (
        "waha",
        [{"status": "read", "message_id": "3EB0BUGS00000301", "participant": "5511988880301"}],
    ),
    "waha-ack_error_reason.json": ("waha", [{"status": "error"}]),
    "waha-gows_lid_played.json": ("waha", [{"status": "read", "recipient_kind": "lid"}]),
    "waha-ack_old_no_id.json": ("waha", [{"status": "delivered", "time_source": "received"}]),
    "waha-ack_unknown.json": ("waha", [KEPT]),
    "wppconnect-onack_full.json": ("wppconnect", [{"status": "read", "time_source": "received"}]),
    "wppconnect-inbound_minus1.json": ("wppconnect", [IGNORED]),
    "wppconnect-ack_as_text.json": ("wppconnect", [{"status": "delivered"}]),
    "z_api-many_ids_read.json": ("z_api", [{"status": "read"}] * 50),
    "z_api-read_self_old.json": ("z_api", [KEPT]),
    "z_api-message_received_old.json": ("z_api", [KEPT]),
    "z_api-id_not_ids.json": ("z_api", [KEPT]),
    "z_api-empty_ids.json": ("z_api", [KEPT]),
    "z_api-group_status.json": (
        "z_api",
        [{"status": "read", "recipient_kind": "group", "participant": "5511988880510"}],
    ),
    "z_api-lid_phone.json": ("z_api", [{"status": "read", "recipient_kind": "lid"}]),
    "z_api-momment_text_seconds.json": ("z_api", [{"status": "delivered", "occurred_at_ms": AT_MS}]),
}
"""File → its provider, and what each part must become: the fields that its report speaks of."""


def _said(file: str, provider: str) -> list[Normalized]:
    row = PROVIDERS[provider]
    parser = row.parser(None)
    parts = parser.split((REPORTED / file).read_bytes(), row.content_types[0])
    return [parser.normalize(part.body, SourceContext("s", "a", provider), RECEIVED_AT_MS) for part in parts]


def _field(event: Event, name: str) -> Any:
    error = event.error
    if name == "has_title":
        return bool(error and (error.title or error.detail))
    if name in ("code", "category", "title"):
        return getattr(error, name) if error else None
    if name == "identities":
        return {identity.value for identity in event.identities}
    return getattr(event, name)


@pytest.mark.parametrize("file", ROWS)
def test_each_part_becomes_what_its_report_calls_for(file: str) -> None:
    """As many parts as are told, each with what the report says of it; what is no status is told from what is not known."""
    provider, wanted = ROWS[file]
    said = _said(file, provider)
    assert len(said) == len(wanted)
    for one, asked in zip(said, wanted, strict=True):
        if isinstance(asked, str):
            assert isinstance(one, {IGNORED: Ignored, KEPT: Unmapped}[asked]), one
            assert not isinstance(one, Unmapped) or one.why
            continue
        assert isinstance(one, Event), one
        assert {name: _field(one, name) for name in asked} == asked


def _folded(provider: str, *files: str, backwards: bool = False) -> MessageState:
    events = [one for file in files for one in _said(file, provider) if isinstance(one, Event)]
    events = events[::-1] if backwards else events
    state = message_state.absent(events[0], RECEIVED_AT_MS)
    for event in events:
        message_state.join(state, event)
    return state


SEQUENCES: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("meta-seq_00_1_delivered.json", "meta-seq_01_1_sent.json"), {"status": "delivered"}),
    (
        (
            "meta-seq_02_2_sent.json",
            "meta-seq_03_2_read.json",
            "meta-seq_04_2_delivered.json",
            "meta-seq_05_2_delivered.json",
        ),
        {"status": "read"},
    ),
    (("meta-seq_06_3_failed.json", "meta-seq_07_3_sent.json"), {"status": "error", "code": "131026"}),
    (
        ("meta-seq_08_4_failed.json", "meta-seq_09_4_delivered.json"),
        {"status": "delivered", "conflict": True, "code": "131026"},
    ),
    (("meta-seq_10_5_read.json",), {"status": "read", "delivered_inferred": True}),
    (("meta-played_then_read.json",), {"status": "read"}),
    (
        ("meta-bsuid_and_number.json", "meta-bsuid_later_without_number.json"),
        {"recipient": "5511988882101", "recipient_kind": "phone"},
    ),
    (("waha-group_id_sent.json", "waha-group_id_with_sender.json"), {"status": "read"}),
)


@pytest.mark.parametrize(("files", "asked"), SEQUENCES, ids=lambda value: value[0] if isinstance(value, tuple) else "")
@pytest.mark.parametrize("backwards", [False, True])
def test_what_is_true_of_a_message_in_any_order(
    files: tuple[str, ...], asked: dict[str, Any], *, backwards: bool
) -> None:
    """A message told of in several bodies is what its report says, whichever came first."""
    state = _folded(ROWS.get(files[0], ("meta_cloud",))[0], *files, backwards=backwards)
    found = {"code": state.failure.code if state.failure else None}
    found |= {name: getattr(state, name) for name in asked if name != "code"}
    assert {name: found[name] for name in asked} == asked


def test_a_repeat_is_one_event_and_two_participants_are_two() -> None:
    """The same delivery twice has one id; two devices of a group that report in one second have two."""
    repeated = [one for n in (4, 5) for one in _said(f"meta-seq_0{n}_2_delivered.json", "meta_cloud")]
    assert len({one.id for one in repeated if isinstance(one, Event)}) == 1
    group = [one for one in _said("meta-group_sent_noparticipant.json", "meta_cloud") if isinstance(one, Event)]
    assert len({one.id for one in group}) == 3
    assert len({one.participant for one in group}) == 3


def test_played_counts_as_read_at_the_earlier_time() -> None:
    """Of two reports of a read, the earlier is the read's time, and a later sent does not take it back."""
    state = _folded("meta_cloud", "meta-played_then_read.json")
    times = [
        one.occurred_at_ms
        for one in _said("meta-played_then_read.json", "meta_cloud")
        if isinstance(one, Event) and one.status == "read"
    ]
    assert state.first_at_ms["read"] == min(times)


def test_both_names_of_a_recipient_are_kept() -> None:
    """A body with number and business-scoped id names the person by both."""
    (said,) = _said("meta-bsuid_and_number_only.json", "meta_cloud")
    assert isinstance(said, Event)
    assert said.recipient_kind == "phone"
    assert ("bsuid", "BR.6641200347719966") in said.identities


def test_a_far_future_is_flagged() -> None:
    """A time a year ahead is absurd, and that is said; a right one and none at all are not."""
    said = [one for one in _said("meta-times_odd.json", "meta_cloud") if isinstance(one, Event)]
    assert [said[n].absurd_time for n in (0, 1, 4, 5)] == [False, False, True, False]


@pytest.mark.parametrize(
    ("number", "region", "written"),
    [
        ("5215512345678", "MX", ["+52 55 1234 5678", "+52 1 55 1234 5678"]),
        ("5491123456789", "AR", ["+54 9 11 2345-6789", "+54 11 2345-6789"]),
        ("558299448232", "BR", ["(82) 9944-8232", "+55 82 99944-8232"]),
    ],
)
def test_a_number_is_found_by_either_notation(number: str, region: str, written: list[str]) -> None:
    """However a person writes it, with or without the digit that a country added, the reported number is among the forms."""
    for text in written:
        assert number in search_forms(text, region), text
