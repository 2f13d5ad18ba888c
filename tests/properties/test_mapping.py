"""The compiled mapping against a slow and obvious one, over generated bodies and mappings.

`make test` tries some; `RECIBO_MAPPING_BODIES=100000` (`make mapped`) as many as it says.
"""

import json
import os
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.event import Event, Normalized
from schemas.providers.mapped import MappedParser
from schemas.providers.mapping import EMPTY, merged
from schemas.record import SourceContext
from tests.support import slow_mapping
from tests.support.samples import RECEIVED_AT_MS

BODIES: Final = int(os.environ.get("RECIBO_MAPPING_BODIES", "400"))
CONTEXT: Final = SourceContext("s", "a", "generic")
WORDS: Final = {"sent": ["sent", "-1"], "delivered": ["entregue", "1"], "read": ["lida"], "error": ["falha"]}

LAYOUTS: Final[tuple[tuple[str, str], ...]] = (
    ("", ""),
    ("", "list[]"),
    ("list[]", "list[]"),
    ("a.list[]", "a.list[]"),
    ("e[].c[].s[]", "e[].c[].s[]"),
    ("e[].s[]", "e[].s[].ids[]"),
    ("", "p.ids[]"),
)
"""(array that the status lies in, array that the id lies in or is an element of)."""

SCALARS: Final[st.SearchStrategy[Any]] = st.sampled_from(["m1", "m2", "m3", 7, "", None, True, {"x": 1}])
STATUS: Final = st.sampled_from(["sent", "-1", "Entregue", "1", "LIDA", "falha", "??", "", None, 3])
TIMES: Final = st.sampled_from([1_773_144_003, "2026-03-10T12:00:03Z", "", None, "soon"])


def _object(draw: st.DrawFn) -> dict[str, Any]:
    fields: dict[str, st.SearchStrategy[Any]] = {
        "id": SCALARS,
        "st": STATUS,
        "at": TIMES,
        "seen": st.sampled_from([True, False, None, "", "2026-03-10"]),
    }
    return {name: draw(values) for name, values in fields.items() if draw(st.booleans())}


def _grown(draw: Any, steps: list[str]) -> Any:
    """Return a document with arrays along a path, objects of fields at each of their elements."""
    if not steps:
        return _object(draw) if draw(st.integers(0, 9)) else draw(SCALARS)
    if steps[0] == "[]":
        if not draw(st.integers(0, 9)):
            return draw(st.sampled_from([None, "x", {}, 3]))
        if steps[1:] == [] and draw(st.booleans()):
            return draw(st.lists(SCALARS, max_size=3))
        return [_grown(draw, steps[1:]) for _ in range(draw(st.integers(0, 3)))]
    document = _object(draw)
    if draw(st.integers(0, 9)):
        document[steps[0]] = _grown(draw, steps[1:])
    return document


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    """Return a mapping's table and a body, mostly of its shape."""
    of_status, of_id = draw(st.sampled_from(LAYOUTS))
    relative = draw(st.booleans())
    ids = of_id if draw(st.booleans()) and of_id != of_status else f"{of_id}.id".lstrip(".")
    status = "st" if relative or not of_status else f"{of_status}.st"
    paths = {"message_id": [ids], "status": [status], "time": ["at"]}
    table: dict[str, Any] = {"paths": paths, "words": WORDS}
    if relative and of_status:
        table["items"] = [of_status]
    if draw(st.booleans()):
        told = f"{of_status}.seen".lstrip(".")
        table["when"] = [{"path": told, "status": "read", "time": told}]
    if not draw(st.integers(0, 5)) and "[]" not in of_id:
        paths["message_id"] = ["list.0.id", "id"]
    longest = max((of_status, of_id), key=len)
    body = _grown(draw, slow_mapping.steps_of(longest) if longest else ["list", "[]"])
    return table, [body, body] if not draw(st.integers(0, 9)) else body


def _summary(said: Normalized) -> tuple[str, str, int | None]:
    if not isinstance(said, Event):
        return ("", "", None)
    return said.message_id, said.status, said.occurred_at_ms if said.time_source == "provider" else None


@given(cases())
@settings(max_examples=BODIES, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_element_is_dropped_in_silence(case: tuple[dict[str, Any], Any]) -> None:
    """Every element of a body becomes the event that a plain reading of the mapping finds, or is set aside; whole bodies
    of one element are kept verbatim, and a part says by itself what it said in its body.
    """
    table, document = case
    parser = MappedParser(merged(EMPTY, table))
    body = json.dumps(document).encode()
    parts = parser.split(body, "application/json")
    said = [parser.normalize(part.body, CONTEXT, RECEIVED_AT_MS) for part in parts]
    if document is not None:
        assert [_summary(one) for one in said] == slow_mapping.said(table, document)
    for part, one in zip(parts, said, strict=True):
        assert part.subject == (one.message_id if isinstance(one, Event) else None)
        assert len(parser.split(part.body, "application/json")) == 1
    if len(parts) == 1:
        assert parts[0].body == body
