"""What learn made of a shape, compared with the truth: right, honestly unknown, or wrong."""

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from operations.learn.capture import Capture
from operations.learn.lesson import Said
from operations.learn.preview import parser_with
from operations.learn.teach import groups_of, lesson, proposals_for
from schemas.event import Event
from schemas.providers import PROVIDERS
from schemas.providers.recipients import recipient_of
from schemas.record import RequestStamp, SourceContext
from tests.learned.truth import Told

NOW_MS: Final = 1_795_880_000_000
_CONTEXT: Final = SourceContext("s", "acc", "generic")


class Verdict(NamedTuple):
    """What became of a shape."""

    name: str
    result: str
    """right, unknown or wrong."""
    why: str


def captures_of(bodies: Sequence[Any]) -> list[Capture]:
    """Return bodies as the log holds them before they are understood."""
    raw = [body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode() for body in bodies]
    return [
        Capture(_CONTEXT, RequestStamp(f"{n:032x}", 0, "single", NOW_MS), b"{}", body) for n, body in enumerate(raw)
    ]


def judged(shape: Told) -> Verdict:
    """Learn a shape without a person, and compare every event with the truth."""
    captures = captures_of(shape.bodies)
    provider = PROVIDERS["generic"]
    proposals = proposals_for(groups_of(captures), NOW_MS, {})
    learned = lesson(provider, {}, proposals, said=Said(), captures=captures, understood=())
    parser = parser_with(provider, learned.table)
    said = [
        parser.normalize(part.body, _CONTEXT, NOW_MS)
        for c in captures
        for part in parser.split(c.body, "application/json")
    ]
    events = [one for one in said if isinstance(one, Event)]
    wrong, unknown = _differences(shape, events)
    if wrong:
        return Verdict(shape.name, "wrong", "; ".join(wrong[:3]))
    return Verdict(shape.name, "unknown", "; ".join(unknown[:3])) if unknown else Verdict(shape.name, "right", "")


def _differences(shape: Told, events: Sequence[Event]) -> tuple[list[str], list[str]]:
    """Return (what is said and not true, what is true and not said)."""
    truth = {(one.message_id, one.status): one for one in shape.truth}
    wrong, unknown = [], []
    for event in events:
        true = truth.get((event.message_id, event.status))
        if true is None:
            wrong.append(f"{event.message_id or event.connection_id} {event.status} is not true")
            continue
        at_ms = event.occurred_at_ms if event.time_source == "provider" else None
        code = event.error.code if event.error else ""
        pairs = (
            ("time", at_ms, true.at_ms),
            ("recipient", event.recipient, true.recipient),
            ("connection", recipient_of(event.connection_id)[0], true.connection),
            ("code", code, true.code),
        )
        for name, found, asked in pairs:
            if found and found not in (asked.split("|") if isinstance(asked, str) else (asked,)):
                wrong.append(f"{name} {found!r}, in truth {asked!r}")
            elif asked and not found and name in ("time", "recipient"):
                unknown.append(f"{name} not found")
    missing = truth.keys() - {(event.message_id, event.status) for event in events}
    unknown += [f"{status} of {message} not understood" for message, status in sorted(missing)]
    return wrong, sorted(set(unknown))
