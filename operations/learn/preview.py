"""What a mapping would make of the captures, and whether it leaves alone what is understood today. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from operations.learn.capture import Capture
from schemas.event import Event, Ignored, Normalized
from schemas.providers.mapping import EMPTY, merged
from schemas.providers.provider import Parser, Provider


@dataclass(slots=True)
class Preview:
    """The captures under a mapping."""

    statuses: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)
    """Why → how many."""
    events: list[Event] = field(default_factory=list)
    """The first few, for people."""
    understood: int = 0
    """Captures in which nothing is unmapped."""


_EVENTS_SHOWN = 8


def parser_with(provider: Provider, table: Mapping[str, Any]) -> Parser:
    """Return the provider's parser with a source's mapping table. Raises ValueError where the table is not usable."""
    return provider.parser(merged(provider.mapping or EMPTY, table))


def preview(parser: Parser, captures: Iterable[Capture]) -> Preview:
    """Return what the parser makes of the captures."""
    made = Preview()
    for capture in captures:
        said = list(_said(parser, capture))
        for one in said:
            if isinstance(one, Event):
                made.statuses[one.status] += 1
                if len(made.events) < _EVENTS_SHOWN:
                    made.events.append(one)
            elif isinstance(one, Ignored):
                made.ignored[one.kind] += 1
            else:
                made.unmapped[one.why] += 1
        made.understood += all(isinstance(one, Event | Ignored) for one in said)
    return made


def changed(before: Parser, after: Parser, understood: Sequence[Capture]) -> list[Capture]:
    """Return those captures, understood today, that would mean something else."""
    return [
        capture
        for capture in understood
        if [_meaning(one) for one in _said(before, capture)] != [_meaning(one) for one in _said(after, capture)]
    ]


def _meaning(said: Normalized) -> tuple[object, ...]:
    """Return what must not change of what is understood; a reference or a campaign more does no harm."""
    if not isinstance(said, Event):
        return (said,)
    return said.message_id, said.connection_id, said.status, said.occurred_at_ms, said.recipient, said.participant


def _said(parser: Parser, capture: Capture) -> Iterable[Normalized]:
    for part in parser.split(capture.body, capture.context.content_type):
        yield parser.normalize(part.body, capture.context, capture.stamp.received_at_ms)
