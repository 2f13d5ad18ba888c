"""Finding the records that cannot be stored."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from projections.bisection import store_what_can_be
from projections.errors import RowsRefused
from projections.rows.table import Record
from tests.support.world import FakeRecord


def record(offset: int) -> Record:
    """A record of no importance."""
    return FakeRecord("topic", 0, offset, 0, None, b"")


@given(size=st.integers(1, 200), bad=st.sets(st.integers(0, 199), max_size=8))
async def test_all_but_the_bad_are_stored(size: int, bad: set[int]) -> None:
    """Whatever records are bad, all others are stored, and exactly the bad ones are returned, in order, with why."""
    stored: set[int] = set()

    async def store(records: Sequence[Record]) -> None:
        for r in records:
            if r.offset in bad:
                raise RowsRefused(f"offset {r.offset}")
        stored.update(r.offset for r in records)

    refused = await store_what_can_be([record(i) for i in range(size)], store)
    present = sorted(bad & set(range(size)))
    assert [r.offset for r, _ in refused] == present
    assert [why for _, why in refused] == [f"offset {offset}" for offset in present]
    assert stored == set(range(size)) - bad


async def test_one_bad_record_costs_few_attempts() -> None:
    """One bad record among thousands is found in about twice the logarithm of the batch."""
    attempts = 0

    async def store(records: Sequence[Record]) -> None:
        nonlocal attempts
        attempts += 1
        if any(r.offset == 1_234 for r in records):
            raise RowsRefused("bad")

    await store_what_can_be([record(i) for i in range(4_096)], store)
    assert attempts == 2 * 12 + 1
