"""Every sample of `tests/payloads/` is understood as its manifest says."""

from typing import Any

import pytest

from schemas.event import Event, Ignored, Normalized, Pairing, Unmapped
from schemas.providers import PROVIDERS
from schemas.providers.provider import Part
from schemas.record import SourceContext
from tests.support.samples import RECEIVED_AT_MS, Sample, samples

ALL = pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.file)


def _read(sample: Sample) -> list[tuple[Part, Normalized]]:
    parser = PROVIDERS[sample.provider].parser(None)
    context = SourceContext("source", "account", sample.provider, sample.content_type)
    parts = parser.split(sample.body, sample.content_type)
    return [(part, parser.normalize(part.body, context, RECEIVED_AT_MS)) for part in parts]


def _shown(said: Normalized, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return of what was said the fields that the manifest speaks of, in the manifest's form."""
    if isinstance(said, Ignored):
        return {"ignored": said.kind}
    if isinstance(said, Unmapped):
        return {"unmapped": True}
    shown = {name: getattr(said, name) or None for name in wanted}
    if "error" in wanted and said.error:
        shown["error"] = {name: getattr(said.error, name) for name in wanted["error"]}
    if "aliases" in wanted:
        shown["aliases"] = list(said.aliases)
    if wanted["occurred_at_ms"] is None and said.occurred_at_ms == RECEIVED_AT_MS:
        shown["occurred_at_ms"] = None
    return shown


@ALL
def test_a_sample_means_what_its_manifest_says(sample: Sample) -> None:
    """Each part of a sample gives the expected event, kind of non-status, or unmapped, in the body's order."""
    said = [one for _, one in _read(sample)]
    assert len(said) == len(sample.expect)
    for one, expected in zip(said, sample.expect, strict=True):
        wanted = {name: value or None for name, value in expected.items() if name != "duplicate_of"}
        assert _shown(one, wanted) == wanted
        if "duplicate_of" in expected:
            assert isinstance(one, Event)
            assert one == said[expected["duplicate_of"]]


@ALL
def test_a_part_is_keyed_by_the_id_that_is_read_from_it(sample: Sample) -> None:
    """A part's subject is the message (or connection) of its event, and None where it is no event."""
    for part, said in _read(sample):
        event = said.logout if isinstance(said, Pairing) else said
        assert part.subject == ((event.message_id or event.connection_id) if isinstance(event, Event) else None)


@ALL
def test_a_body_with_one_event_is_kept_verbatim(sample: Sample) -> None:
    """A body that is not several events is one part with the same bytes."""
    parts = _read(sample)
    assert len(parts) > 1 or parts[0][0].body == sample.body


@ALL
def test_a_part_splits_into_itself(sample: Sample) -> None:
    """What was split out of a body is a body with one event: splitting it again changes nothing."""
    parser = PROVIDERS[sample.provider].parser(None)
    for part, _ in _read(sample):
        assert list(parser.split(part.body, sample.content_type)) == [part]


@ALL
def test_a_repeat_is_known_again_at_any_time_of_receipt(sample: Sample) -> None:
    """A message's event id depends on nothing but the body; only a connection's may need the time of receipt."""
    parser = PROVIDERS[sample.provider].parser(None)
    context = SourceContext("source", "account", sample.provider, sample.content_type)
    for part, said in _read(sample):
        again = parser.normalize(part.body, context, RECEIVED_AT_MS + 60_000)
        if isinstance(said, Event) and said.message_id:
            assert isinstance(again, Event)
            assert again.id == said.id


@ALL
def test_one_more_field_changes_nothing(sample: Sample) -> None:
    """A field nobody knows, added to a body, leaves what it says as it was."""
    parser = PROVIDERS[sample.provider].parser(None)
    context = SourceContext("source", "account", sample.provider, sample.content_type)
    body = sample.body.strip()
    if body.startswith(b"["):
        return
    more = b'{"a_new_field":{"x":[1,null]},' + body[1:] if body.startswith(b"{") else body + b"&ANewField=1"
    parts = parser.split(more, sample.content_type)
    assert [parser.normalize(p.body, context, RECEIVED_AT_MS) for p in parts] == [one for _, one in _read(sample)]


def test_two_samples_that_differ_are_two_events() -> None:
    """No two samples that say different things of one message have one event id."""
    said: dict[str, tuple[str, bytes]] = {}
    for sample in samples():
        for part, one in _read(sample):
            if isinstance(one, Event) and one.message_id:
                first = said.setdefault(one.id, (one.status, part.body))
                assert first[0] == one.status, sample.file
