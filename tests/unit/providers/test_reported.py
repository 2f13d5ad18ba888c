"""Bodies in the shapes of people's public bug reports: what each must become, as data in `tests/payloads/reported/`."""

import json
from typing import Any

import pytest

from schemas import message_state
from schemas.error_category import category_of
from schemas.event import Event, Ignored, Normalized
from schemas.providers import PROVIDERS
from schemas.record import SourceContext
from tests.support.samples import PAYLOADS

REPORTED = PAYLOADS / "reported"
RECEIVED_AT_MS = 1_795_792_500_000
EXPECTED: list[dict[str, Any]] = json.loads((REPORTED / "expected.json").read_text())


def _said(file: str, provider: str) -> list[Normalized]:
    row = PROVIDERS[provider]
    parser = row.parser(None)
    parts = parser.split((REPORTED / file).read_bytes(), row.content_types[0])
    return [parser.normalize(part.body, SourceContext("s", "a", provider), RECEIVED_AT_MS) for part in parts]


def _summary(said: Normalized, asked: dict[str, Any]) -> dict[str, Any]:
    """Return what was understood, in the words of the expectation."""
    if isinstance(said, Ignored):
        return {"ignored": said.kind}
    if not isinstance(said, Event):
        return {"unmapped": said.why}
    error = [said.error.code, said.error.category] if said.error else None
    found = {
        **{name: getattr(said, name) for name in ("message_id", "connection_id", "status", "reason", "participant")},
        "recipient": said.recipient,
        "recipient_kind": said.recipient_kind,
        "time": said.occurred_at_ms if said.time_source != "received" else None,
        "error": error[: len(asked["error"])] if error and asked.get("error") else error,
        "identities": [list(identity) for identity in said.identities],
        "aliases": list(said.aliases),
        "price": [said.billable, said.price_type, said.price_category, said.price_model],
    }
    return {name: found[name] for name in asked if name in found}


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: row["file"])
def test_a_reported_body_becomes_what_it_says(row: dict[str, Any]) -> None:
    """Each body gives its events, is ignored as what it is, or stays unmapped and says why."""
    said = _said(row["file"], row["provider"])
    assert len(said) == row["parts"]
    for one, asked in zip(said, row["expect"], strict=False):
        assert _summary(one, asked) == asked


def test_every_name_that_was_reported_is_kept() -> None:
    """A later status that has only the business-scoped id leaves the number among the person's names, in any order."""
    events = [
        said
        for file in ("meta-bsuid_and_number.json", "meta-bsuid_later_without_number.json")
        for said in _said(file, "meta_cloud")
        if isinstance(said, Event)
    ]
    for order in (events, events[::-1]):
        state = message_state.absent(order[0], RECEIVED_AT_MS)
        for event in order:
            message_state.join(state, event)
        assert [identity.kind for identity in state.identities] == ["phone", "bsuid", "parent_bsuid"]
        assert (state.recipient_kind, state.recipient) == ("phone", state.identities[0].value)


@pytest.mark.parametrize(("provider", "code"), [("generic", "1010"), ("twilio", "1010"), ("meta_cloud", "63016")])
def test_a_code_is_looked_up_in_its_own_providers_list(provider: str, code: str) -> None:
    """A number that another provider uses for something says nothing here."""
    assert category_of(provider, "error", code) == "unknown"
    assert category_of(provider, "error", code, own={code: "billing"}) == "billing"
