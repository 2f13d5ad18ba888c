"""The size that ingest counts for a record, against aiokafka's own builder."""

from aiokafka.record.default_records import DefaultRecordBatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from ingest.log_record import BATCH_OVERHEAD_BYTES, LogRecord, record_bytes_max

HEADERS = st.lists(st.tuples(st.text(max_size=40), st.binary(max_size=200)), max_size=12)
SIZES = st.one_of(st.integers(0, 300), st.sampled_from([63, 64, 8_191, 8_192, 70_000]))
RECORDS = st.builds(
    lambda key, size, headers: LogRecord(key, b"v" * size, headers), st.binary(max_size=150), SIZES, HEADERS
)
TIMES_MS = st.integers(0, 2**62)


def builder(batch_size: int) -> DefaultRecordBatchBuilder:
    options = {"magic": 2, "compression_type": 0, "is_transactional": 0, "producer_id": 1, "producer_epoch": 0}
    return DefaultRecordBatchBuilder(**options, base_sequence=0, batch_size=batch_size)


@given(st.lists(st.tuples(RECORDS, TIMES_MS), min_size=1, max_size=8), st.sampled_from([0, 1, 2**31 - 9]))
def test_a_batch_is_never_larger_than_what_was_counted(records: list[tuple[LogRecord, int]], first: int) -> None:
    """Whatever keys, values, headers, offsets and times: a builder of the counted size takes all records, and builds no more."""
    counted = BATCH_OVERHEAD_BYTES + sum(record_bytes_max(record) for record, _ in records)
    batch = builder(counted)
    for offset, (record, time_ms) in enumerate(records, first):
        assert batch.append(offset, time_ms, record.key, record.value, record.headers) is not None
    assert len(batch.build()) <= counted


@given(RECORDS)
def test_little_is_counted_too_much(record: LogRecord) -> None:
    """The bound is near the truth: batches are as full as they may be."""
    batch = builder(0)
    batch.append(0, 0, record.key, record.value, record.headers)
    counted = BATCH_OVERHEAD_BYTES + record_bytes_max(record)
    assert counted - len(batch.build()) <= 36 + 10 * len(record.headers)
