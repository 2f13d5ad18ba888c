"""Whether the mapping reads of each capture what its own shape was found to say, and no element less. Pure."""

from collections.abc import Sequence

from operations.learn.proposals import Proposal
from operations.learn.shapes import Group
from schemas.event import Event
from schemas.providers.provider import NOBODY, Parser
from schemas.providers.reading import dump
from schemas.status import RANK


def disagreeing(parser: Parser, groups: Sequence[Group], proposals: Sequence[Proposal]) -> list[int]:
    """Return the places of the shapes that the whole mapping reads otherwise than their proposal, worst first.

    Shapes are judged alone first; together, a place of one may stand for something else in another.
    """
    wrong = []
    for number, (group, proposal) in enumerate(zip(groups, proposals, strict=True)):
        count = sum(
            _said(parser, document) != expected
            for document, expected in zip(
                group.documents, proposal.expected or [set()] * len(group.documents), strict=False
            )
        )
        if count:
            wrong.append((count, number))
    return [number for _, number in sorted(wrong, reverse=True)]


def _said(parser: Parser, document: object) -> set[tuple[str, str]]:
    said = [parser.normalize(part.body, NOBODY, 0) for part in parser.split(dump(document), "application/json")]
    return {(one.message_id, one.status) for one in said if isinstance(one, Event) and one.status in RANK}
