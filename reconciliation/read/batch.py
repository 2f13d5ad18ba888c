"""Sends of one request → as they are kept: the rows of a file, under the names of the fields, checked as a file's. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from reconciliation.read import cells, json_rows
from reconciliation.read.columns import fields, is_text
from reconciliation.read.mapping import Mapping as ColumnMapping
from reconciliation.read.refusal import CellRefused, RowRefused, shown
from reconciliation.read.send_rows import Manifest, SendRows
from schemas.send import TAG_CHARS_MAX, TAGS_MAX, Send

TAGS: Final = "tags"


def sends_of(
    objects: Sequence[Mapping[str, Any]], manifest: Manifest, mapping: ColumnMapping
) -> Iterator[Send | RowRefused]:
    """Yield each object of a batch as a send, or refused. They are numbered from 1.

    Args:
        objects: field → value; decimals as texts, so that a destroyed number is seen.
        manifest: what they belong to.
        mapping: as `mapping_of` gives it.
    """
    names = list(mapping.columns)
    reader = SendRows(manifest, mapping, names)
    for number, one in enumerate(objects, 1):
        unknown = next((name for name in one if name not in mapping.columns and name != TAGS), None)
        if unknown is not None:
            yield RowRefused(
                number, shown(unknown), "", "is no field of a send", f"it has {', '.join(names)} and {TAGS}"
            )
            continue
        boolean = next((name for name, value in one.items() if isinstance(value, bool) and name != TAGS), None)
        if boolean is not None:
            yield RowRefused(
                number, boolean, str(one[boolean]).lower(), "is no text and no number", "write it as a text"
            )
            continue
        row = json_rows.cells(number, one, names)
        read = row if isinstance(row, RowRefused) else reader.row(number, row)
        yield read if isinstance(read, RowRefused) else _tagged(read, one.get(TAGS) or {})


def mapping_of(time_zone: str) -> ColumnMapping:
    """Return how batches are read: each field under its own name."""
    return ColumnMapping(columns={name: name for name in fields()}, time_zone=time_zone)


def _tagged(send: Send, given: Any) -> Send | RowRefused:
    if not isinstance(given, dict) or len(given) > TAGS_MAX:
        return _refused(send, TAGS, f"is no object of at most {TAGS_MAX} names and texts", "leave some out")
    tags = {}
    for name, value in given.items():
        where = f"{TAGS}.{shown(name)}"
        if is_text(name):
            return _refused(send, where, "would be the text of a message, and none is ever kept", "leave it out")
        if not 0 < len(name) <= TAG_CHARS_MAX or not isinstance(value, str | int) or isinstance(value, bool):
            return _refused(send, where, f"is no name of 1 to {TAG_CHARS_MAX} characters with a text", "write it so")
        try:
            if text := cells.tag(str(value)):
                tags[name] = text
        except CellRefused as error:
            return _refused(send, where, error.why, error.remedy)
    return msgspec.structs.replace(send, tags=tags)


def _refused(send: Send, where: str, why: str, remedy: str) -> RowRefused:
    return RowRefused(send.row, where, "", why, remedy)
