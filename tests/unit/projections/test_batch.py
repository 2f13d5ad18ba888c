"""Batches know what to commit, and tokens distinguish repeats from other inserts."""

from dataclasses import replace

from projections.batch import Batch, token
from projections.rows import message_state, webhook_raw
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


def test_the_same_records_have_the_same_token() -> None:
    """However the partitions came interleaved, the same ranges give the same token."""
    one = records(0, 1, 2) + records(1, 4)
    other = records(1, 4) + records(0, 1, 2)
    assert token(webhook_raw.TABLE, one) == token(webhook_raw.TABLE, other)


def test_other_bytes_at_the_same_offsets_have_another_token() -> None:
    """A recreated topic begins at offset 0 again: its records are not taken for those before, and so not dropped."""
    before = FakeRecord("t", 0, 0, 10, None, b"12345")
    tokens = {
        token(webhook_raw.TABLE, [record])
        for record in (before, replace(before, value=b"12346"), replace(before, timestamp=11))
    }
    assert len(tokens) == 3


def test_other_rows_have_another_token() -> None:
    """Another range, another count in the same range (compaction), or another table: never taken for a repeat."""
    tokens = {
        token(webhook_raw.TABLE, records(0, 1, 2, 3)),
        token(webhook_raw.TABLE, records(0, 1, 3)),
        token(webhook_raw.TABLE, records(0, 1, 2, 3, 4)),
        token(webhook_raw.TABLE, records(1, 1, 2, 3)),
        token(message_state.TABLE, records(0, 1, 2, 3)),
    }
    assert len(tokens) == 5
