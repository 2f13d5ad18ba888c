"""Reading goes on where it left off, or the lane stops: and only then."""

import pytest
from aiokafka import TopicPartition

from projections.batch import Batch
from projections.reader import Reader, continues
from projections.settings import Settings
from schemas.errors import StateRefused
from tests.support.world import FakeRecord

RAW_0 = TopicPartition("webhook.raw", 0)


@pytest.mark.parametrize(
    ("first", "assigned_at", "committed", "expected"),
    [
        (7, None, None, True),
        (7, 7, 7, True),
        (7, 7, 9, True),
        (9, 7, 9, True),
        (10, 7, 9, False),
        (0, 7, 9, False),
        (7, None, 7, True),
        (8, None, 7, False),
    ],
)
def test_a_commit_between_assignment_and_first_record_is_no_gap(
    first: int, assigned_at: int | None, committed: int | None, *, expected: bool
) -> None:
    """Reading may begin at what was committed when the partition came, or since; beyond it, or before it, records are lost or others."""
    assert continues(first, assigned_at, committed) is expected


class Group:
    """A consumer of a group whose first commit was under way when the partition changed hands."""

    def __init__(self, commits: list[int | None], first: int) -> None:
        self._commits = commits
        self._first = first

    async def committed(self, partition: TopicPartition) -> int | None:  # noqa: ARG002 - of the only one
        """Return the commit as of now."""
        return self._commits.pop(0)

    async def getmany(self, **_: int) -> dict[TopicPartition, list[FakeRecord]]:
        """Return the first record that is read."""
        return {RAW_0: [FakeRecord("webhook.raw", 0, self._first, 0, b"k", b"v")]}


async def read_after(commits: list[int | None], first: int) -> int:
    """Return how many records a reader takes that was assigned its partition, then found it so."""
    reader, batch = Reader("webhook.raw", Settings(batch_rows_max=1), compacted=False), Batch()
    reader._consumer = Group(commits, first)
    await reader.on_partitions_assigned([RAW_0])
    await reader.read(batch, 100)
    return len(batch.records)


async def test_the_groups_first_commit_may_be_under_way_when_a_partition_comes() -> None:
    """Nothing was committed yet when the partition came: reading begins at the beginning, whatever the former owner commits since."""
    assert await read_after([None, 2_939], 0) == 1
    assert await read_after([None, 2_939], 2_939) == 1
    with pytest.raises(StateRefused):
        await read_after([None, 2_939], 2_940)
    with pytest.raises(StateRefused):
        await read_after([2_939, 2_939], 0)
