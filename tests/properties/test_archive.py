"""Laws of the archive: whatever the clocks say and whenever it runs, every record is there once, verbatim."""

import asyncio
import tempfile

from hypothesis import given, settings
from hypothesis import strategies as st

from operations.archive.hours import HOUR_MS, by_hour, first_open_hour, hour_name, hour_named, hour_of
from operations.archive.location import Location
from operations.archive.record import from_columns, to_columns
from operations.archive.write import archive
from tests.support.archived import LogInMemory, archived, quiet, some_records

TOPIC = "webhook.raw"
START_MS = 1_790_000_000_000
END_MS = START_MS + 100 * HOUR_MS
times = st.integers(START_MS, START_MS + 4 * HOUR_MS)


@given(st.lists(times, max_size=40), times)
def test_hours_hold_every_record_in_order_and_never_go_back(appended: list[int], earliest_ms: int) -> None:
    """Cut into hours, records keep their order, and none is in an hour before its own or its predecessor's."""
    records = some_records(TOPIC, 0, appended)
    earliest_ms = hour_of(earliest_ms)
    cut = list(by_hour(records, earliest_ms))
    assert [record for _, found in cut for record in found] == records
    assert [hour for hour, _ in cut] == sorted({hour for hour, _ in cut})
    assert all(hour >= max(earliest_ms, hour_of(record.timestamp)) for hour, found in cut for record in found)


@given(times)
def test_an_hours_name_names_it(at_ms: int) -> None:
    """The name in a path leads back to the hour, and names sort as hours do."""
    assert hour_named(hour_name(hour_of(at_ms))) == hour_of(at_ms)
    assert hour_name(at_ms) < hour_name(at_ms + HOUR_MS)


@given(st.integers(0, 60), st.integers(0, 1_000))
def test_columns_carry_records_verbatim(count: int, seed: int) -> None:
    """Keys, values and headers come back from columns as they were, absent distinguished from empty."""
    records = some_records(TOPIC, 3, range(START_MS, START_MS + count), seed)
    assert list(from_columns(to_columns(records), TOPIC)) == records


@settings(max_examples=40)
@given(st.lists(times, max_size=20), st.lists(st.tuples(times, st.integers(0, 20)), max_size=4))
def test_every_record_is_archived_once_whenever_it_runs(appended: list[int], runs: list[tuple[int, int]]) -> None:
    """Runs at any times, on a log that grows and a broker clock that jumps, end with the log itself, in whole hours."""
    records = some_records(TOPIC, 0, appended)
    with tempfile.TemporaryDirectory() as folder:
        for now_ms, grown in [*sorted(runs), (END_MS, len(records))]:
            log = LogInMemory(TOPIC, records[:grown])
            if grown < len(archived(folder, TOPIC)):
                continue
            for manifest in asyncio.run(archive(log, Location(folder), now_ms, quiet)):
                assert hour_named(manifest.hour) < first_open_hour(now_ms)
            assert archived(folder, TOPIC) == records[: len(archived(folder, TOPIC))]
        assert archived(folder, TOPIC) == records
