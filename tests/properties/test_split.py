"""Splitting, provider by provider: each status of a body is in exactly one part, in order, and says what it said."""

from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.event import Event
from schemas.providers import PROVIDERS
from schemas.providers.mapping import EMPTY, merged
from schemas.providers.sample import Said, Sample, encoded, sample_of
from schemas.record import SourceContext
from tests.support.samples import RECEIVED_AT_MS

GENERIC: Final = merged(
    PROVIDERS["generic"].mapping or EMPTY,
    {"paths": {"message_id": ["ref"], "status": ["estado"]}, "items": ["lote.itens"]},
)
"""`generic` reads nothing by itself; elsewhere the provider's own mapping is tried."""


OF_META: Final = ("meta_cloud", "360dialog")


def sample_for(name: str) -> Sample:
    """Return the shape that bodies of a provider are written in."""
    provider = PROVIDERS[name]
    sample = provider.sample or sample_of(GENERIC if name == "generic" else provider.mapping or EMPTY)
    assert sample is not None
    return sample


def spread(document: Any) -> Any:
    """Return Meta's body with its statuses over two entries and many changes, an inbound message in some of them."""
    value = document["entry"][0]["changes"][0]["value"]
    metadata, statuses = value["metadata"], value["statuses"]
    own = [
        {"field": "messages", "value": {"metadata": metadata, "messages": [{"id": "in"}], "statuses": [status]}}
        for status in statuses[::2]
    ]
    rest = [{"value": {"metadata": metadata, "statuses": statuses[1::2]}}]
    return {"entry": [{"id": "1", "changes": own}, {"changes": rest}]}


@pytest.mark.parametrize("name", PROVIDERS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_what_split_makes_keeps_every_status_exactly_once(name: str, data: st.DataObject) -> None:
    """The parts of a body say, in order, exactly what the body said; whatever else stands around it is no matter."""
    sample, content_type = sample_for(name), PROVIDERS[name].content_types[0]
    statuses = st.sampled_from(sorted(sample.words))
    first = data.draw(statuses)
    told = st.tuples(st.from_regex("[a-z0-9]{1,8}", fullmatch=True), st.just(first) if sample.one_status else statuses)
    meant = data.draw(st.lists(told, min_size=1, max_size=12 if sample.several else 1))
    more = data.draw(st.dictionaries(st.sampled_from(["x1", "x2", "contacts"]), st.text(max_size=5), max_size=2))
    document = sample.document([Said(i, sample.words[status], RECEIVED_AT_MS) for i, status in meant])
    if name in OF_META:
        document = spread(document)
    body = encoded({**more, **document} if isinstance(document, dict) else document, content_type)
    parser = PROVIDERS[name].parser(GENERIC if name == "generic" else None)
    parts = parser.split(body, content_type)
    said = [parser.normalize(part.body, SourceContext("s", "a", name, content_type), RECEIVED_AT_MS) for part in parts]
    events = [(one.message_id, one.status) for one in said if isinstance(one, Event)]
    assert sorted(events) == sorted(meant)
    assert [part.subject for part in parts if part.subject] == [i for i, _ in events]
    if len(parts) == 1:
        assert parts[0].body == body
    if name not in OF_META:  # whose statuses this test spreads over two entries
        assert events == meant
