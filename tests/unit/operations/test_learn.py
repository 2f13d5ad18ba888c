"""Learning a mapping: proposals, previews, what must not change, and copies that are safe to make twice."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.learn.capture import Capture
from operations.learn.capture_log import Outcomes, note
from operations.learn.lesson import Said, table_of
from operations.learn.meanings import meaning_of
from operations.learn.preview import parser_with
from operations.learn.redrive import copies_of, copies_understood
from operations.learn.shapes import grouped
from operations.learn.teach import Lesson, groups_of, lesson, proposals_for
from schemas.event import Event, Ignored
from schemas.providers import PROVIDERS
from schemas.providers.provider import PARTS_MAX
from schemas.record import Coordinate, RequestStamp, SourceContext, record_key
from tests.support.invented_shapes import AT_MS, SHAPES, Invented
from tests.support.samples import PAYLOADS

NOW_MS = AT_MS + 600_000


def _capture(body: Any, number: int = 0, provider: str = "generic", kind: str = "single", index: int = 0) -> Capture:
    context = SourceContext("s", "acc", provider)
    stamp = RequestStamp(f"{number:032x}", index, kind, NOW_MS)
    return Capture(context, stamp, b"{}", body if isinstance(body, bytes) else json.dumps(body).encode())


def _captures(bodies: Sequence[Any], provider: str = "generic") -> list[Capture]:
    return [_capture(body, number, provider) for number, body in enumerate(bodies)]


def _learn(
    captures: list[Capture], provider: str = "generic", understood: Sequence[Capture] = (), said: Said | None = None
) -> Lesson:
    proposals = proposals_for(groups_of(captures), NOW_MS, {})
    row = PROVIDERS[provider]
    return lesson(row, {}, proposals, said=said or Said(), captures=captures, understood=understood)


def _events(provider: str, table: dict[str, Any], captures: list[Capture]) -> list[Event]:
    parser = parser_with(PROVIDERS[provider], table)
    found = []
    for capture in captures:
        for copy in copies_of(capture, parser):
            said = parser.normalize(copy.value, capture.context, NOW_MS)
            assert isinstance(said, Event)
            assert copy.key == record_key("acc", said.message_id)
            found.append(said)
    return found


@pytest.mark.parametrize("provider", ["generic", "wpp_marketing"])
@pytest.mark.parametrize("invented", SHAPES, ids=lambda invented: invented.name)
def test_an_unseen_shape_is_learned_without_a_person(invented: Invented, provider: str) -> None:
    """The proposals alone read every message and status of an unseen shape, with its time and recipient."""
    captures = _captures(invented.bodies, provider)
    events = _events(provider, _learn(captures, provider).table, captures)
    assert {(event.message_id, event.status) for event in events} == invented.truth
    assert {event.time_source for event in events} == {"provider"}
    assert {event.recipient_kind for event in events} == {"phone"}


def test_shapes_learned_together_do_not_disturb_one_another() -> None:
    """One source that sends all of the shapes gets one mapping that reads all of them."""
    captures = _captures([body for invented in SHAPES for body in invented.bodies])
    learned = _learn(captures)
    events = _events("generic", learned.table, captures)
    assert {(e.message_id, e.status) for e in events} == set().union(*(invented.truth for invented in SHAPES))
    assert learned.preview.understood == len(captures)


def test_optional_fields_make_no_shape_of_their_own() -> None:
    """Bodies that differ by a field that is sometimes missing or null are one shape; other nesting is another."""
    full = {"id": "a1", "status": "x", "when": 1, "error": {"code": 3}}
    groups = grouped([full, {**full, "error": None}, {"id": "a2", "status": "y", "when": 2}, {"data": {"id": "a"}}])
    assert [len(group.documents) for group in groups] == [3, 1]


def test_a_place_given_for_one_shape_leaves_the_others_alone() -> None:
    """A field that a person places is read there in the shapes that have the place, and as proposed in the others."""
    odd = [{"q": f"odd-{n}-a1", "x": {"situ": word}} for n, word in enumerate(("entregue", "lido"))]
    captures = _captures([*SHAPES[0].bodies, *odd])
    given = {"message_id": ("q",)}
    proposals = proposals_for(groups_of(captures), NOW_MS, given)
    learned = lesson(PROVIDERS["generic"], {}, proposals, said=Said(places=given), captures=captures, understood=())
    events = {(event.message_id, event.status) for event in _events("generic", learned.table, captures)}
    assert events == SHAPES[0].truth | {("odd-0-a1", "delivered"), ("odd-1-a1", "read")}
    assert learned.table["paths"]["message_id"][0] == "q"


def test_what_is_understood_today_is_not_taken_away() -> None:
    """A new shape whose ids stand where a known shape has something else is read after the known places."""
    known = _capture(PAYLOADS.joinpath("wpp-marketing-delivered.json").read_bytes(), 1, "wpp_marketing")
    new = [
        {"event_id": f"msg-{n:03d}", "situacao": word, "message": {"id": 7}, "celular": "5511987654321"}
        for n in range(4)
        for word in ("chegou", "visto")
    ]
    learned = _learn(_captures(new, "wpp_marketing"), "wpp_marketing", understood=[known])
    assert not learned.changed


def test_a_change_of_what_is_understood_is_shown() -> None:
    """A person's word that changes a known status is reported with the record that would change."""
    known = _capture(PAYLOADS.joinpath("wpp-marketing-delivered.json").read_bytes(), 1, "wpp_marketing")
    new = _captures([{"event": "chegou", "message_id": "m-1"}], "wpp_marketing")
    learned = _learn(new, "wpp_marketing", understood=[known], said=Said({"delivered": "read"}))
    assert learned.changed == [known]


def test_a_person_can_say_what_no_proposal_knows() -> None:
    """Words without a meaning are listed as unknown, and are read once a person has said what they mean."""
    captures = _captures([{"id": "m-1", "status": word, "ts": AT_MS} for word in ("zzz", "qqq", "lido")])
    (proposal,) = proposals_for(groups_of(captures), NOW_MS, {})
    assert sorted(proposal.unknown_words) == ["qqq", "zzz"]
    learned = _learn(captures, said=Said({"zzz": "delivered", "qqq": "inbound_message"}, time_zone="America/Sao_Paulo"))
    assert (learned.preview.statuses, learned.preview.ignored) == ({"delivered": 1, "read": 1}, {"inbound_message": 1})
    assert learned.table["time_zone"] == "America/Sao_Paulo"


def test_what_a_person_says_of_a_word_replaces_what_it_meant() -> None:
    """A word mapped again stands in one list only, however it was spelled there; a provider's own word can be ignored."""
    captures = _captures([{"event": "Chegou", "message_id": "m-1"}], "wpp_marketing")
    proposals = proposals_for(groups_of(captures), NOW_MS, {})
    existing = {"words": {"delivered": ["x"], "read": ["chegou"]}}
    default = PROVIDERS["wpp_marketing"].mapping
    assert default is not None
    said = Said({"CHEGOU": "delivered", "envio": "outbound_echo"})
    table = table_of(existing, proposals, said, default)
    assert table["words"] == {"delivered": ["x", "CHEGOU"]}
    assert table["ignored"] == {"outbound_echo": ["envio"]}
    (event,) = _events("wpp_marketing", table, captures)
    assert event.status == "delivered"
    ignored = parser_with(PROVIDERS["wpp_marketing"], table).normalize(
        b'{"event": "envio", "message_id": "m-1"}', captures[0].context, NOW_MS
    )
    assert ignored == Ignored("outbound_echo")


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Não entregue", "error"),
        ("MENSAGEM_ENTREGUE", "delivered"),
        ("messageRead", "read"),
        ("Mensagem recebida", "inbound_message"),
        ("número não encontrado", "number_not_found"),
        ("Na fila", "queued"),
        ("thread", ""),
    ],
)
def test_words_mean_their_longest_phrase(word: str, status: str) -> None:
    """A word means the longest known phrase in it, whatever its case, accents and separators, and no part of a part."""
    assert meaning_of(word) == status


def test_copies_are_the_same_events_however_often_they_are_made() -> None:
    """A copy has its capture's request id, index and time; the events of a list are numbered as ingest would have."""
    parser = parser_with(PROVIDERS["generic"], {"paths": {"message_id": ["m"], "status": ["s"]}, "items": ["list"]})
    single = _capture({"m": "1", "s": "read"}, 5)
    (copy,) = copies_of(single, parser)
    assert (copy.stamp, copy.value, copy.key) == (single.stamp, single.body, b"acc/1")
    several = _capture({"list": [{"m": "1", "s": "read"}, {"m": "2", "s": "sent"}]}, 6)
    assert [(c.stamp.index, c.stamp.kind) for c in copies_of(several, parser)] == [(0, "part"), (1, "part")]
    part = several._replace(stamp=RequestStamp("0" * 32, 3, "part", NOW_MS))
    assert [c.stamp.index for c in copies_of(part, parser)] == [4 * PARTS_MAX, 4 * PARTS_MAX + 1]


def test_only_captures_that_are_understood_somewhere_are_made_again() -> None:
    """A capture that stays unmapped is left where it is; of a list that is half understood every part continues."""
    parser = parser_with(PROVIDERS["generic"], {"paths": {"message_id": ["m"], "status": ["s"]}, "items": ["list"]})
    half = _capture({"list": [{"m": "1", "s": "?"}, {"m": "2", "s": "sent"}]}, 6)
    copies = copies_understood(parser, [_capture({"m": "1", "s": "?"}, 5), half])
    assert [(copy.stamp.request_id, copy.stamp.index) for copy in copies] == [(f"{6:032x}", 1), (f"{6:032x}", 0)]


class _Record:
    def __init__(self, **fields: Any) -> None:
        self.value = json.dumps(fields).encode()


def _aside(outcome: str, offset: int, request_id: str, source: str = "s") -> _Record:
    known = {"raw_at_ms": 1, "why": "", "account": "a", "provider": "generic", "received_at_ms": 1, "index": 0}
    return _Record(partition=1, offset=offset, outcome=outcome, source=source, request_id=request_id, **known)


def test_captures_wait_until_a_copy_of_them_has_another_outcome() -> None:
    """An unmapped record waits at its first coordinate, however many unmapped copies it has, until one is settled."""
    found = Outcomes()
    asides = [("unmapped", 7, "r1"), ("unmapped", 9, "r1"), ("unmapped", 8, "r2"), ("repeat", 12, "r2")]
    for outcome, offset, request_id in asides:
        note(found, "s", _aside(outcome, offset, request_id), is_set_aside=True)
    note(found, "s", _aside("unmapped", 10, "r3", source="other"), is_set_aside=True)
    assert found.waiting() == [Coordinate(1, 7)]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=6),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
        max_leaves=15,
    )
)
def test_any_captures_can_be_learned_from(document: Any) -> None:
    """Arbitrary JSON never raises: at worst there is nothing to propose."""
    captures = _captures([document, [document], {"a": document}])
    assert _learn(captures).preview.understood <= len(captures)
