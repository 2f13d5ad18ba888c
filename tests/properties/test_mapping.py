"""The compiled mapping against a slow and obvious one, over generated bodies and mappings.

`make test` tries some; `make mapped` a hundred thousand (`RECIBO_MAPPING_BODIES`).
"""

import json
import os
from random import Random
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.event import Event, Normalized
from schemas.providers.mapped import MappedParser
from schemas.providers.mapping import EMPTY, merged
from schemas.record import SourceContext
from tests.support import slow_mapping
from tests.support.mapping_cases import case
from tests.support.samples import RECEIVED_AT_MS

BODIES: Final = int(os.environ.get("RECIBO_MAPPING_BODIES", "3000"))
CONTEXT: Final = SourceContext("s", "a", "generic")


def _summary(said: Normalized) -> tuple[str, str, int | None]:
    if not isinstance(said, Event):
        return ("", "", None)
    return said.message_id, said.status, said.occurred_at_ms if said.time_source == "provider" else None


def _check(table: dict[str, Any], document: Any) -> int:
    """Compare one body's reading with the slow one; return how many events it has."""
    parser = MappedParser(merged(EMPTY, table))
    body = json.dumps(document).encode()
    parts = parser.split(body, "application/json")
    said = [parser.normalize(part.body, CONTEXT, RECEIVED_AT_MS) for part in parts]
    if document is not None:
        assert [_summary(one) for one in said] == slow_mapping.said(table, document), (table, document)
    for part, one in zip(parts, said, strict=True):
        assert part.subject == (one.message_id if isinstance(one, Event) else None), (table, document)
        assert len(parser.split(part.body, "application/json")) == 1, (table, document)
    if len(parts) == 1:
        assert parts[0].body == body
    return sum(isinstance(one, Event) for one in said)


@given(st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_no_element_is_dropped_in_silence(rng: Random) -> None:
    """Every element of a body becomes the event that a plain reading of the mapping finds, or is set aside; a body of one
    element is kept verbatim, and a part says by itself what it said in its body.
    """
    _check(*case(rng))


def test_no_element_of_many_bodies_is_dropped_in_silence() -> None:
    """The same over as many bodies as are asked for, of which a good part tells something."""
    events = sum(_check(*case(Random(seed))) for seed in range(BODIES))
    assert events > BODIES // 8
