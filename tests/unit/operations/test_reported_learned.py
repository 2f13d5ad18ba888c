"""The table of public reports, the shapes that a mapping reads: what must become of each, as its report says."""

from typing import Any

import pytest

from operations.learn.lesson import Said
from operations.learn.preview import parser_with
from operations.learn.teach import groups_of, lesson, proposals_for
from schemas.event import Event, Ignored, Normalized, Unmapped
from schemas.providers import PROVIDERS
from schemas.record import SourceContext
from tests.learned import reported_shapes
from tests.learned.truth import Told
from tests.learned.verdict import captures_of, judged
from tests.support.samples import PAYLOADS

REPORTED = PAYLOADS / "reported"
RECEIVED_AT_MS = 1_795_792_500_000


@pytest.mark.parametrize("shape", reported_shapes.SHAPES, ids=lambda shape: shape.name)
def test_a_reported_shape_is_learned_right(shape: Told) -> None:
    """Learned without a person, each shape's every event has the id, status, time, recipient, connection and code that its
    page gives it, and none is lost; words of a language that nobody proposed are left to a person.
    """
    assert judged(shape).result == ("unknown" if shape.name.startswith("textme") else "right")


def _learned(files: str, **said: Any) -> list[Normalized]:
    captures = captures_of([path.read_text() for path in sorted(REPORTED.glob(files))])
    provider = PROVIDERS["generic"]
    table = {name: said.pop(name) for name in ("codes_of",) if name in said}
    proposals = proposals_for(groups_of(captures), RECEIVED_AT_MS, said.get("places", {}))
    made = lesson(provider, table, proposals, said=Said(**said), captures=captures, understood=())
    parser = parser_with(provider, made.table)
    context = SourceContext("s", "a", "generic")
    return [
        parser.normalize(part.body, context, RECEIVED_AT_MS)
        for capture in captures
        for part in parser.split(capture.body, "application/json")
    ]


def test_words_of_any_script_mean_what_a_person_says() -> None:
    """Three Hebrew words stay three statuses, where a person says where they stand and what they mean."""
    words = {"הגיע ליעד": "delivered", "נכשל": "error", "פג תוקף": "expired"}
    bodies = [path.read_text() for path in sorted(REPORTED.glob("textme-*.json"))]
    written = [next(w for w in sorted(words, key=len, reverse=True) if w in body) for body in bodies]
    said = _learned("textme-*.json", words=words, places={"status": ("statusText",), "message_id": ("messageId",)})
    assert [one.status for one in said if isinstance(one, Event)] == [words[word] for word in written]


def test_a_delivery_has_no_error() -> None:
    """Infobip's error 0, NO_ERROR, is none."""
    delivered = [
        one for one in _learned("infobip-delivered_*.json") if isinstance(one, Event) and one.status == "delivered"
    ]
    assert delivered
    assert all(one.error is None for one in delivered)


def test_a_code_is_of_the_provider_that_the_source_names() -> None:
    """Gupshup's 1002 says that the number does not exist; the same code of a provider that nobody named says nothing."""
    for codes_of, category in (({"codes_of": "gupshup"}, "recipient_not_found"), ({}, "unknown")):
        errors = [
            one.error for one in _learned("gupshup-v2_*.json", **codes_of) if isinstance(one, Event) and one.error
        ]
        assert [(error.code, error.category) for error in errors] == [("1002", category)]
    vonage = [one.error for one in _learned("vonage-*.json") if isinstance(one, Event) and one.error]
    assert "1010" in {error.code for error in vonage}
    assert {error.category for error in vonage} == {"unknown"}


def test_what_has_no_status_is_kept() -> None:
    """Billing notices, a state of the account and a message that was deleted become no event, and are not lost."""
    for file in ("gupshup-v2_billing.json", "green-state.json"):
        shape = file.partition("-")[0]
        every = _learned(f"{shape}-*.json") if shape != "gupshup" else _learned("gupshup-v2_*.json")
        names = sorted(
            path.name for path in REPORTED.glob(f"{shape}-*.json" if shape != "gupshup" else "gupshup-v2_*.json")
        )
        assert isinstance(every[names.index(file)], Unmapped | Ignored)
