"""A shape half understood: how it tells statuses, and its events as rows. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from operations.learn.evidence import is_id, name_parts, own_name
from operations.learn.meanings import parts_of
from operations.learn.rows import Row, rows_of
from operations.learn.shapes import Group
from operations.learn.statuses import Telling, telling
from schemas.providers.paths import EACH, Path, array_prefix


@dataclass(slots=True)
class Reading:
    """A shape, how it tells a status, and its events."""

    group: Group
    told: Telling
    array: Path = ()
    """Where its events are: in the status's array, or deeper where plain ids fill an array."""
    pairs: list[tuple[Row, str]] = field(default_factory=list)
    """Each event with its status; none where no status is told."""


def reading_of(group: Group, now_ms: int, given: Mapping[str, Path], items: Path | None) -> Reading:
    """Return how a shape tells a status, and its events (arguments as for `operations.learn.proposals.proposals_for`)."""
    there = set(group.shape)
    status = given.get("status")
    told = telling(group.documents, now_ms, status if status in there else None, items)
    if not told.points:
        return Reading(group, told)
    ids = {array_prefix(path) for path in there}
    if given.get("message_id") in there:
        ids = {array_prefix(given["message_id"])}
    own = [(row, told.status_of(row)) for row in rows_of(group.documents, told.array)]
    for array in sorted(ids, key=len):
        if len(array) > len(told.array) and array[: len(told.array)] == told.array:
            pairs = [(row, told.status_of(row)) for row in rows_of(group.documents, array)]
            if given.get("message_id") == array or _holds_ids(pairs, array, own):
                return Reading(group, told, array, pairs)
    return Reading(group, told, told.array, own)


def _holds_ids(pairs: list[tuple[Row, str]], array: Path, own: list[tuple[Row, str]]) -> bool:
    """Return whether an array below the status is one of messages' ids: texts that are ids, called so or with none beside."""
    values = [row.values[array] for row, _ in pairs if array in row.values]
    called = bool(name_parts(array) & {"id", "ids", "messages", "msgids", "keys", "mids"}) or own_name(array).endswith(
        "ids"
    )
    beside = any(
        is_id(v) and "id" in parts_of(own_name(p)) for row, _ in own for p, v in row.values.items() if p[-1] != EACH
    )
    return bool(values) and all(map(is_id, values)) and (called or not beside)
