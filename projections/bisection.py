"""Finding the bad record: store by halves what cannot be stored whole."""

from collections.abc import Awaitable, Callable, Sequence

from projections.errors import RowsRefused
from projections.rows.table import Record


async def store_what_can_be(
    records: Sequence[Record], store: Callable[[Sequence[Record]], Awaitable[None]]
) -> list[tuple[Record, str]]:
    """Store `records`, by halves where they are refused, and return those that cannot be stored, each with why.

    Halves overlap in no record, and storing a record twice changes nothing, so an attempt refused half-way does no harm.
    """
    try:
        await store(records)
    except RowsRefused as refusal:
        if len(records) == 1:
            return [(records[0], str(refusal))]
        middle = len(records) // 2
        first = await store_what_can_be(records[:middle], store)
        return first + await store_what_can_be(records[middle:], store)
    return []
