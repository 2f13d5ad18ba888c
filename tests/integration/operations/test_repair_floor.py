"""From where a repair may replace weeks, where a partition of the log is empty by now."""

import time
from datetime import UTC, datetime, timedelta

from operations.repair.prepare import last_lost_ms
from tests.support.databases import Databases


def test_an_emptied_partition_ends_with_its_last_record(databases: Databases) -> None:
    """What the log has lost of a partition was appended no later than its last row; only without a row is it anything up to now."""
    columns = ["at", "log_partition", "log_offset"]
    today = datetime.now(UTC).replace(microsecond=0)
    days = [today - timedelta(days=ago) for ago in (9, 8, 7, 1)]
    rows = [[days[0], 0, 1], [days[2], 0, 2], [days[1], 0, 3], [days[3], 0, 4], [days[3], 1, 1]]
    databases.client.insert(f"{databases.store}.webhook_raw", rows, columns, settings={"async_insert": 0})
    assert last_lost_ms(databases.client, databases.store, 0, 4) == days[2].timestamp() * 1000
    now_ms = time.time_ns() // 1_000_000
    assert last_lost_ms(databases.client, databases.store, 2, 4) >= now_ms
