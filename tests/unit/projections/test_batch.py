"""Batches know what to commit."""

from projections.batch import Batch
from projections.rows.table import Record
from tests.support.world import FakeRecord


def records(partition: int, *offsets: int) -> list[Record]:
    """Records of one partition."""
    return [FakeRecord("t", partition, offset, offset * 10, None, b"12345") for offset in offsets]


def test_a_batch_commits_the_offset_after_its_last_record() -> None:
    """For each partition, reading continues after the last record stored; bytes and age are the records'."""
    batch = Batch()
    batch.add(records(0, 5, 6))
    batch.add(records(1, 9))
    batch.add(records(0, 7))
    assert batch.next_offsets() == {0: 8, 1: 10}
    assert batch.value_bytes == 20
    assert batch.oldest_ms() == 50
