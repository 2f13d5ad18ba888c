"""Events whose provider names several causes: the first stays the error, the others are kept beside it."""

from typing import Any

import msgspec
import pytest

from schemas.event import NOWHERE, ErrorDetail, Event, decode_cloud_event, encode_cloud_event
from schemas.providers import PROVIDERS
from schemas.record import SourceContext

RECEIVED_AT_MS = 1_795_792_500_000


def said(provider: str, document: Any) -> Event:
    body = msgspec.json.encode(document)
    event = PROVIDERS[provider].parser(None).normalize(body, SourceContext("s", "a", provider), RECEIVED_AT_MS)
    assert isinstance(event, Event)
    return event


def meta(**status: Any) -> Any:
    one = {"id": "wamid.1", "status": "failed", "recipient_id": "5511988880004", **status}
    return {"entry": [{"changes": [{"field": "messages", "value": {"statuses": [one]}}]}]}


def evolution(**data: Any) -> Any:
    update = {"keyId": "3EB0", "remoteJid": "5511988880201@s.whatsapp.net", "fromMe": True, **data}
    return {"event": "messages.update", "instance": "shop", "data": update}


def test_all_of_metas_errors_are_kept() -> None:
    """The first counts, in its place of old; those after it are listed, repeats once."""
    errors = [
        {"code": 131049, "title": "Held back"},
        {"code": 131000, "message": "Wrong"},
        {"code": 131000, "message": "Wrong"},
    ]
    event = said("meta_cloud", meta(errors=errors))
    assert event.error == ErrorDetail("marketing_suppressed", "131049", "Held back")
    assert event.further_errors == (ErrorDetail("provider_outage", "131000", "Wrong"),)


def test_gupshups_code_is_kept_beside_metas() -> None:
    """A code beside the status is Gupshup's, and looked up in its table; Meta's own errors come first."""
    alone = said("meta_cloud", meta(code="1002", reason="Number does not exist on WhatsApp"))
    assert alone.error
    assert (alone.error.code, alone.error.category) == ("1002", "recipient_not_found")
    both = said("meta_cloud", meta(errors=[{"code": 131026}], code="1012", reason="Opted out"))
    assert both.error
    assert both.error.code == "131026"
    assert [(e.code, e.category) for e in both.further_errors] == [("1012", "opted_out")]


@pytest.mark.parametrize(
    ("data", "codes", "title"),
    [
        (
            {"status": "ERROR", "messageStubParameters": ["463", "Your account has been restricted"]},
            ["463"],
            "Your account has been restricted",
        ),
        ({"status": "ERROR", "messageStubParameters": ["479"]}, ["479"], ""),
        (
            {"status": "FAILED", "errors": [{"code": 131047, "title": "Window"}], "messageStubParameters": ["500"]},
            ["131047", "500"],
            "Window",
        ),
        ({"status": "ERROR"}, [""], ""),
    ],
)
def test_evolutions_causes_are_kept(data: Any, codes: list[str], title: str) -> None:
    """Meta's errors, then the code and the text that Baileys puts among the parameters."""
    event = said("evolution", evolution(**data))
    assert event.error
    assert event.error.title == title
    assert [event.error.code, *(e.code for e in event.further_errors)] == codes


def test_several_errors_pass_through_the_topic() -> None:
    """A CloudEvent carries them; one without further errors has no such key."""
    event = said("meta_cloud", meta(errors=[{"code": 131049}, {"code": 131000}]))
    value = encode_cloud_event(event, "advanced", "r", 0, NOWHERE)
    assert decode_cloud_event(value).data.further_errors == event.further_errors
    single = said("meta_cloud", meta(errors=[{"code": 131049}]))
    assert b"further_errors" not in encode_cloud_event(single, "advanced", "r", 0, NOWHERE)


def test_a_delivery_has_no_error() -> None:
    """A code of no error makes none, and a delivered status without a code has none."""
    assert said("meta_cloud", meta(status="delivered")).error is None
    assert said("meta_cloud", meta(status="delivered", errors=[{"code": 0}])).error is None
    assert said("meta_cloud", meta(status="delivered", code="0")).error is None
