"""Bodies read by a mapping: arrays, what surrounds them, and reports that carry neither id nor time."""

import json
from typing import Any

from schemas.event import Event, Normalized, Unmapped
from schemas.providers import PROVIDERS, wpp_marketing
from schemas.providers.mapping import merged
from schemas.providers.provider import PARTS_MAX
from schemas.record import SourceContext
from tests.support.samples import RECEIVED_AT_MS

PARSER = PROVIDERS["wpp_marketing"].parser(None)
CONTEXT = SourceContext("source", "account", "wpp_marketing")


def _read(document: Any, received_at_ms: int = RECEIVED_AT_MS) -> list[Normalized]:
    parts = PARSER.split(json.dumps(document).encode(), "application/json")
    return [PARSER.normalize(part.body, CONTEXT, received_at_ms) for part in parts]


def _array(count: int, **around: Any) -> dict[str, Any]:
    return {"events": [{"status": "read", "message_id": f"m{n}"} for n in range(count)], **around}


def test_an_event_id_around_an_array_is_not_that_of_its_events() -> None:
    """Two messages in one body with one event id keep two different event ids."""
    first, second = _read(_array(2, event_id="request-1"))
    assert isinstance(first, Event)
    assert isinstance(second, Event)
    assert first.id != second.id


def test_parts_do_not_outgrow_their_body() -> None:
    """Much that surrounds an array is not repeated in every part, and what the mapping reads there is kept."""
    body = json.dumps(_array(100, connection={"id": "c1"}, note="x" * 100_000)).encode()
    parts = PARSER.split(body, "application/json")
    assert sum(len(part.body) for part in parts) < len(body)
    said = [PARSER.normalize(part.body, CONTEXT, RECEIVED_AT_MS) for part in parts]
    assert {(e.connection_id, e.message_id) for e in said if isinstance(e, Event)} == {
        ("c1", f"m{n}") for n in range(100)
    }


def test_too_many_events_are_kept_whole_and_unmapped() -> None:
    """Beyond PARTS_MAX events a body is one part, and its first event is not taken for all of it."""
    (said,) = _read(_array(PARTS_MAX + 1))
    assert isinstance(said, Unmapped)


def test_two_logouts_without_a_time_are_two_events() -> None:
    """A connection's second logout is no repeat of its first, though the bodies are the same."""
    body = {"event": "logout", "connection_id": "c1"}
    (first,), (second,) = _read(body), _read(body, RECEIVED_AT_MS + 1)
    assert isinstance(first, Event)
    assert isinstance(second, Event)
    assert first.id != second.id


def test_a_fixed_shape_with_a_mapping_of_its_own_reads_both() -> None:
    """A source's mapping is asked what the provider's own parser does not understand, and nothing else."""
    mapping = merged(wpp_marketing.DEFAULT, {"paths": {"message_id": ["novo.id"]}})
    parser = PROVIDERS["z_api"].parser(mapping)
    context = SourceContext("s", "a", "z_api")
    known = b'{"type":"MessageStatusCallback","status":"RECEIVED","ids":["Z1"],"instanceId":"i"}'
    new = b'{"novo":{"id":"Z1"},"evento":"leitura"}'
    notice = b'{"type":"PresenceChatCallback","status":"read","message_id":"Z1"}'
    said = [parser.normalize(parser.split(b, "")[0].body, context, RECEIVED_AT_MS) for b in (known, new, notice)]
    assert [getattr(one, "status", "ignored") for one in said] == ["delivered", "read", "ignored"]
    assert [parser.split(b, "")[0].subject for b in (known, new, notice)] == ["Z1", "Z1", None]
