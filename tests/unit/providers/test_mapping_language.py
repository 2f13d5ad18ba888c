"""The mapping language: arrays at any depth, statuses told by fields, codes, times, and what is refused when it is saved."""

import json
from typing import Any

import jsonschema
import pytest

from schemas.errors import ConfigurationError
from schemas.event import Event, Ignored, Normalized, Unmapped
from schemas.providers import mapping_schema
from schemas.providers.mapped import MappedParser
from schemas.providers.mapping import EMPTY, merged
from schemas.providers.mapping_check import warnings_of
from schemas.providers.reading import load_any
from schemas.providers.words import fold_word
from schemas.record import SourceContext
from schemas.sources import parse_sources
from tests.contracts.published import PUBLISHED
from tests.support.samples import RECEIVED_AT_MS

WORDS = {"sent": ["sent"], "delivered": ["delivered"], "read": ["read"], "error": ["failed"]}
CONTEXT = SourceContext("s", "a", "generic")


def _said(table: dict[str, Any], body: Any) -> list[Normalized]:
    parser = MappedParser(merged(EMPTY, {"words": WORDS, **table}))
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return [parser.normalize(part.body, CONTEXT, RECEIVED_AT_MS) for part in parser.split(raw, "application/json")]


def _events(table: dict[str, Any], body: Any) -> list[Event]:
    said = _said(table, body)
    assert all(isinstance(one, Event) for one in said), said
    return [one for one in said if isinstance(one, Event)]


META = {
    "message_id": ["entry[].changes[].value.statuses[].id"],
    "status": ["entry[].changes[].value.statuses[].status"],
    "connection_id": ["entry[].changes[].value.metadata.phone_number_id"],
    "error_code": ["entry[].changes[].value.statuses[].errors[].code"],
}


def _change(connection: str, *statuses: dict[str, Any]) -> dict[str, Any]:
    return {"value": {"metadata": {"phone_number_id": connection}, "statuses": list(statuses)}}


def test_arrays_in_arrays_are_walked_and_siblings_are_read_beside_them() -> None:
    """Each status of each change of each entry is an event, with what stands beside its own array; a change without any is kept."""
    body = {
        "entry": [
            {"changes": [_change("c1", {"id": "m1", "status": "sent"}, {"id": "m2", "status": "read"}), _change("c2")]},
            {"changes": [_change("c3", {"id": "m3", "status": "failed", "errors": [{"code": 0}, {"code": 131026}]})]},
        ]
    }
    said = _said({"paths": META}, body)
    events = [(one.message_id, one.status, one.connection_id) for one in said if isinstance(one, Event)]
    assert events == [("m1", "sent", "c1"), ("m2", "read", "c1"), ("m3", "error", "c3")]
    assert [one for one in said if not isinstance(one, Event)] == [Unmapped("no status found")]


def test_an_array_of_ids_is_one_event_each() -> None:
    """Two ids in one body are two messages with what the body says of both; the body's own event id is neither's."""
    table = {
        "paths": {
            "message_id": ["p.ids[]"],
            "status": ["p.type"],
            "time": ["at"],
            "event_id": ["id"],
            "recipient": ["p.to"],
        }
    }
    body = {
        "id": "req-1",
        "at": 1_773_144_003,
        "p": {"ids": ["m1", "m2"], "type": "read", "to": "5511987654321@s.whatsapp.net"},
    }
    first, second = _events(table, body)
    assert (first.message_id, second.message_id) == ("m1", "m2")
    assert {first.recipient, second.recipient} == {"5511987654321"}
    assert first.occurred_at_ms == second.occurred_at_ms == 1_773_144_003_000
    assert first.id != second.id


def test_a_status_with_several_ids_each() -> None:
    """Ids in an array that lies in the array of statuses are exploded as well."""
    table = {"paths": {"message_id": ["s[].ids[]"], "status": ["s[].status"]}}
    body = {"s": [{"status": "sent", "ids": ["a", "b"]}, {"status": "read", "ids": ["c"]}]}
    assert [(e.message_id, e.status) for e in _events(table, body)] == [("a", "sent"), ("b", "sent"), ("c", "read")]


def test_a_fixed_place_in_an_array_that_has_more_is_not_understood() -> None:
    """`ids.0` reads a body with one id; of one with two, nothing is dropped in silence: it stays unmapped, and says why."""
    table = {"paths": {"message_id": ["ids.0"], "status": ["status"]}}
    assert _events(table, {"ids": ["m1"], "status": "read"})[0].message_id == "m1"
    (said,) = _said(table, {"ids": ["m1", "m2"], "status": "read"})
    assert said == Unmapped("ids.0 reads one of 2 elements; write [] for the number")
    assert any("ids[]" in warning for warning in warnings_of(merged(EMPTY, table)))


def test_fields_tell_a_status_and_the_highest_holds() -> None:
    """A flag that is true, or a time that is there, tells a status at its own time; false and null tell nothing."""
    when = [
        {"path": "d[].sent", "equals": True, "status": "sent", "time": "d[].sentAt"},
        {"path": "d[].read", "equals": True, "status": "read", "time": ["d[].readAt"]},
        {"path": "d[].seenAt", "status": "read", "time": "d[].seenAt"},
    ]
    table = {"paths": {"message_id": ["d[].id"], "time": ["d[].at"]}, "when": when}
    at = 1_773_144_000
    body = {
        "d": [
            {"id": "1", "sent": True, "sentAt": at, "read": False, "at": at + 9},
            {"id": "2", "sent": True, "sentAt": at, "read": True, "readAt": at + 5},
            {"id": "3", "seenAt": None, "sent": True},
            {"id": "4", "seenAt": at + 7},
        ]
    }
    found = [
        (e.status, e.occurred_at_ms // 1000 if e.time_source == "provider" else None) for e in _events(table, body)
    ]
    assert found == [("sent", at), ("read", at + 5), ("sent", None), ("read", at + 7)]


def test_an_unknown_word_is_not_overruled_by_a_field() -> None:
    """Where a word stands that nobody knows it may be a failure: the body is unmapped, whatever else it says."""
    table = {"paths": {"message_id": ["id"], "status": ["st"]}, "when": [{"path": "sentAt", "status": "sent"}]}
    (said,) = _said(table, {"id": "1", "st": "blocked by carrier", "sentAt": 1})
    assert isinstance(said, Unmapped)
    assert _events(table, {"id": "1", "st": "read", "sentAt": 1})[0].status == "read"
    ignoring = {**table, "when": [{"path": "mine", "equals": False, "ignored": "inbound_message_status"}]}
    assert _said(ignoring, {"id": "1", "st": "read", "mine": False}) == [Ignored("inbound_message_status")]


@pytest.mark.parametrize("code", [0, "0", "NO_ERROR", "", None, "000", "ok"], ids=repr)
def test_a_code_for_no_error_is_none(code: Any) -> None:
    """A delivered message that comes with a code for success has no error; a failed one keeps its text."""
    paths = {"message_id": ["id"], "status": ["st"], "error_code": ["e.id"], "error_title": ["e.text"]}
    assert (
        _events({"paths": paths}, {"id": "1", "st": "delivered", "e": {"id": code, "text": "No_Error"}})[0].error
        is None
    )
    error = _events({"paths": paths}, {"id": "1", "st": "failed", "e": {"id": code, "text": "gone"}})[0].error
    assert error is not None
    assert (error.code, error.title) == ("", "gone")


def test_a_source_has_codes_of_its_own() -> None:
    """The source's table comes first, then that of the provider it names; another provider's list is never asked."""
    paths = {"message_id": ["id"], "status": ["st"], "error_code": ["code"]}
    body = {"id": "1", "st": "failed", "code": 1010}
    for more, category in (
        ({}, "unknown"),
        ({"codes": {"invalid_request": ["1010"]}}, "invalid_request"),
        ({"codes_of": "gupshup"}, "media"),
    ):
        error = _events({"paths": paths, **more}, body)[0].error
        assert error is not None
        assert error.category == category


def test_times_as_they_are_written_in_the_sources_zone() -> None:
    """A format says how a time is written; a time without a zone is of the source's."""
    table = {
        "paths": {"message_id": ["id"], "status": ["st"], "time": ["t"]},
        "time_formats": ["%d.%m.%y %H:%M"],
        "time_zone": "America/Sao_Paulo",
    }
    assert _events(table, {"id": "1", "st": "read", "t": "10.03.26 09:00"})[0].occurred_at_ms == 1_773_144_000_000


def test_several_names_of_one_recipient_and_the_price() -> None:
    """Every place of `identities` is read and told by its kind; the price is kept in the provider's words."""
    paths = {
        "message_id": ["id"],
        "status": ["st"],
        "recipient": ["to"],
        "identities": ["u.user_id", "u.parent", "u.lids[]"],
        "billable": ["price.billable"],
        "price_category": ["price.category"],
        "template": ["template"],
    }
    who = {"user_id": "BR.1349120865501", "parent": "BR.ENT.11815", "lids": ["99887766@lid"]}
    body = {
        "id": "1",
        "st": "sent",
        "to": "5511987654321",
        "u": who,
        "price": {"billable": False, "category": "utility"},
        "template": "boas_vindas",
    }
    (event,) = _events({"paths": paths}, body)
    assert [i.kind for i in event.identities] == ["phone", "lid", "bsuid", "parent_bsuid"]
    assert (event.billable, event.price_category, event.template) == (False, "utility", "boas_vindas")


def test_a_field_that_a_form_repeats_is_an_array() -> None:
    """`ids[]=1&ids[]=2` and `ids=1&ids=2` are two ids, so two events."""
    assert load_any(b"ids[]=1&st=read") == {"ids": ["1"], "st": "read"}
    table = {"paths": {"message_id": ["ids[]"], "status": ["st"]}}
    assert [e.message_id for e in _events(table, b"ids=1&ids=2&st=read")] == ["1", "2"]


def test_words_of_every_script_and_signs_are_kept_apart() -> None:
    """A sign, Hebrew letters and tick marks distinguish words; case, accents and punctuation do not."""
    assert len({fold_word(word) for word in ("-1", "1", "הגיע ליעד", "נכשל", "✓", "✓✓", "")}) == 7
    assert fold_word("Número NÃO-encontrado") == fold_word("numero_nao encontrado") == "numero_nao_encontrado"


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ('words = { sent = ["Enviado!"], read = ["ENVIADO"] }', "read as the same word as 'Enviado!'"),
        ('words = { read = ["x"] }\nignored = { inbound_message = ["X"] }', "is also a word of 'read'"),
        ('paths = { message_id = ["a[].id"], status = ["b[].st"] }', "another array than every status"),
        ('when = [{ path = "seenAt" }]', "say which status holds"),
        ('when = [{ path = "seenAt", status = "seen" }]', "'seen' is none"),
        ('codes = { money = ["1"] }', "no category"),
        ('codes_of = "nobody"', "has no codes"),
        ('time_formats = ["%H:%M"]', "does not say day, month and year"),
    ],
)
def test_what_cannot_be_meant_is_refused_when_it_is_saved(mapping: str, says: str) -> None:
    """A mapping that contradicts itself names the file, the line, the key and an example."""
    text = f'[sources.s]\nprovider = "generic"\nauth = "none"\n[sources.s.mapping]\n{mapping}\n'
    with pytest.raises(ConfigurationError, match=r"recibo.toml:\d+") as refused:
        parse_sources(text, {})
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("status", "word"),
    [("sent", "not_sent"), ("delivered", "DELIVERY_FAILED"), ("read", "ReadSelf"), ("error", "sent")],
)
def test_a_word_that_contradicts_its_status_is_warned_of(status: str, word: str) -> None:
    """A failure put under a success, or the other way round, is said to whoever saves it; usual words are not."""
    assert list(warnings_of(merged(EMPTY, {"words": {status: [word]}})))
    assert not list(warnings_of(merged(EMPTY, {"words": WORDS})))


def test_the_published_schema_is_that_of_the_language() -> None:
    """Editors complete what the code reads: the file is as it is generated, and takes and refuses what `merged` does."""
    published = json.loads((PUBLISHED / "recibo.toml.json").read_text())
    assert published == mapping_schema.document()
    validator = jsonschema.Draft202012Validator(mapping_schema.mapping_schema())
    good = {
        "paths": META,
        "words": WORDS,
        "when": [{"path": "seenAt", "status": "read", "time": "seenAt"}],
        "codes_of": "meta_cloud",
    }
    validator.validate(good)
    merged(EMPTY, good)
    wrong: tuple[dict[str, Any], ...] = (
        {"path": {}},
        {"paths": {"id": ["x"]}},
        {"when": [{"path": "x", "status": "seen"}]},
    )
    for bad in wrong:
        assert list(validator.iter_errors(bad))
        with pytest.raises(ValueError, match=":"):
            merged(EMPTY, bad)
