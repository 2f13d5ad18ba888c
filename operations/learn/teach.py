"""From captures and what a person said to the mapping table that serves them best. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from operations.learn.agreement import disagreeing
from operations.learn.capture import Capture
from operations.learn.lesson import Said, after_default, table_of
from operations.learn.preview import Preview, changed, parser_with, preview
from operations.learn.proposals import Proposal
from operations.learn.proposals import proposals_for as _proposals_for
from operations.learn.shapes import Group, grouped
from schemas.providers.mapping import EMPTY, FieldMapping
from schemas.providers.paths import Path
from schemas.providers.provider import Provider
from schemas.providers.reading import dump, load_any

_PROPOSED_FROM_MAX: Final = 2_000
"""Bodies of one shape that proposals are drawn from."""
_BYTES_MAX: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Lesson:
    """A mapping table, and what it does."""

    table: dict[str, Any]
    preview: Preview
    changed: list[Capture]
    """Captures, understood today, that would mean something else."""
    left_out: dict[int, str] = field(default_factory=dict)
    """Place of a shape that stays unmapped → why it cannot be read together with the others."""


def groups_of(captures: Sequence[Capture]) -> list[Group]:
    """Return the captures that are JSON or forms, by shape."""
    return grouped(document for document in map(_document, captures) if document is not None)


def proposals_for(
    groups: Sequence[Group], now_ms: int, given: Mapping[str, Path], items: Path | None = None
) -> list[Proposal]:
    """Return how each shape may be read (see `operations.learn.proposals`)."""
    return _proposals_for([_bounded(group) for group in groups], now_ms, given, items)


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
    understood today, after them. A shape of which the whole mapping would lose an element, or read another message or
    status than the shape alone says, is left out, and stays unmapped.

    Raises:
        ValueError: the table cannot be used (an unknown time zone, say).
    """
    groups = [_bounded(group) for group in groups_of(captures)]
    kept, left_out = list(proposals), dict[int, str]()
    if len(groups) != len(proposals):
        return _best(provider, existing, kept, said=said, captures=captures, understood=understood, left_out={})
    while True:
        made = _best(
            provider,
            existing,
            kept,
            said=said,
            captures=captures,
            understood=understood,
            left_out=left_out,
            groups=groups,
        )
        wrong = [] if said.words else disagreeing(parser_with(provider, made.table), groups, kept)
        wrong = [number for number in wrong if number not in left_out]
        if not wrong:
            return made
        number = min(wrong, key=lambda n: len(groups[n].documents))
        left_out[number] = "together with the other shapes its places would be read as something else"
        kept[number] = Proposal(samples=kept[number].samples, remark=left_out[number])


def _best(
    provider: Provider,
    existing: Mapping[str, Any],
    proposals: Sequence[Proposal],
    *,
    said: Said,
    captures: Sequence[Capture],
    understood: Sequence[Capture],
    left_out: Mapping[int, str],
    groups: Sequence[Group] = (),
) -> Lesson:
    """Return the best of the tables worth trying: first one that changes nothing understood, then one that reads each shape
    as it says by itself, then the one that understands most.
    """
    default = provider.mapping or EMPTY
    before = parser_with(provider, existing) if existing else provider.parser(None)
    best: tuple[tuple[int, int, int], Lesson] | None = None
    for candidate in _tables(existing, proposals, said, default, groups):
        parser = parser_with(provider, candidate)
        made = Lesson(candidate, preview(parser, captures), changed(before, parser, understood), dict(left_out))
        disagree = len(disagreeing(parser, groups, proposals)) if groups and not said.words else 0
        rank = (len(made.changed), disagree, -made.preview.understood)
        if best is None or rank < best[0]:
            best = (rank, made)
        if rank[:2] == (0, 0) and made.preview.understood == len(captures):
            break
    assert best is not None, "there are several candidates"
    return best[1]


def _tables(
    existing: Mapping[str, Any],
    proposals: Sequence[Proposal],
    said: Said,
    default: FieldMapping,
    groups: Sequence[Group],
) -> Iterator[dict[str, Any]]:
    """Return the tables worth trying: the usual shape's places first, or the rarer places first; each also after the default's."""
    counts = Counter(path for group in groups for path in group.shape for _ in group.documents)
    for rare_first in (None, counts):
        table = table_of(existing, proposals, said, default, rare_first)
        yield table
        yield after_default(table, default)


def _bounded(group: Group) -> Group:
    """Return the first bodies of a shape: as many as can be looked at in seconds, whatever is in them."""
    total, kept = 0, list[Any]()
    for document in group.documents[:_PROPOSED_FROM_MAX]:
        total += len(dump(document))
        if kept and total > _BYTES_MAX:
            break
        kept.append(document)
    return Group(group.shape, kept)


def _document(capture: Capture) -> Any:
    return load_any(capture.body)
