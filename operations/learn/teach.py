"""From captures and what a person said to the mapping table that serves them best. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from operations.learn.capture import Capture
from operations.learn.lesson import Said, after_default, table_of
from operations.learn.preview import Preview, changed, parser_with, preview
from operations.learn.proposals import Proposal, propose
from operations.learn.shapes import Group, grouped
from schemas.providers.mapping import EMPTY
from schemas.providers.paths import Path
from schemas.providers.provider import Provider
from schemas.providers.reading import load_any

_PROPOSED_FROM_MAX: Final = 2_000
"""Bodies of one shape that proposals are drawn from."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A mapping table, and what it does."""

    table: dict[str, Any]
    preview: Preview
    changed: list[Capture]
    """Captures, understood today, that would mean something else."""


def groups_of(captures: Sequence[Capture]) -> list[Group]:
    """Return the captures that are JSON, by shape."""
    return grouped(document for document in map(_document, captures) if document is not None)


def proposals_for(groups: Sequence[Group], now_ms: int, given: Mapping[str, Path]) -> list[Proposal]:
    """Return how each shape may be read (see `propose`)."""
    return [propose(Group(group.shape, group.documents[:_PROPOSED_FROM_MAX]), now_ms, given) for group in groups]


def lesson(
    provider: Provider,
    existing: Mapping[str, Any],
    proposals: Sequence[Proposal],
    *,
    said: Said,
    captures: Sequence[Capture],
    understood: Sequence[Capture],
) -> Lesson:
    """Return the table that reads the captures, and leaves alone what is understood.

    What was learned is looked at before the provider's own paths; where that would change the meaning of something
    understood today, after them.

    Raises:
        ValueError: the table cannot be used (an unknown time zone, say).
    """
    default = provider.mapping or EMPTY
    before = parser_with(provider, existing) if existing else provider.parser(None)
    table = table_of(existing, proposals, said, default)
    found: Lesson | None = None
    for candidate in (table, after_default(table, default)):
        parser = parser_with(provider, candidate)
        made = Lesson(candidate, preview(parser, captures), changed(before, parser, understood))
        if found is None or (not made.changed and made.preview.understood >= found.preview.understood):
            found = made
        if not found.changed:
            return found
    assert found is not None, "there are two candidates"
    return found


def _document(capture: Capture) -> Any:
    return load_any(capture.body)
