"""`make fill` or `python -m tests.bench.fill --messages 10000000`: many messages in ClickHouse, made once and kept.

They stand in `build/fill-10m/` (a directory a size), the data directory of a local engine; benchmarks that need many
messages run over it by `filled`. A file beside the data says what it was made with: other migrations, other rows or an
age at which retention would take the first of them, and it is rebuilt; half of it, and it is continued. What a benchmark inserts must be rows that are
there already. For 10 million messages: 24.5 million records, ten minutes on two cores, and 5 GB.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.client import Client

from deploy.local.engine import clickhouse_program
from projections import rollup
from projections.clickhouse.migrate import migrate, read_migrations
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.ports import free_port
from runtime.programs import CHECKOUT
from tests.bench import many_messages
from tests.bench.command_line import begin
from tests.bench.many_messages import BLOCK_MESSAGES, DAY_MS, DAYS, STORE, VIEWS, Extent, statements
from tests.support.servers import local_url, running

MESSAGES: Final = 10_000_000
_STEP_BLOCKS: Final = 25_000
_KEPT_DAYS_MAX: Final = 25
"""The raw log's tables forget after 90 days, of which DAYS are filled."""
_TIMEOUT_S: Final = 1_200


@dataclass(frozen=True, slots=True)
class Filled:
    """An engine with many messages."""

    url: str
    extent: Extent

    @property
    def week(self) -> tuple[str, str]:
        """First and last day (UTC) of a week in the middle."""
        first_s = (self.extent.since_ms + (DAYS // 2 - 7) * DAY_MS) / 1000
        return _day(first_s), _day(first_s + 6 * DAY_MS / 1000)


@contextmanager
def filled(messages: int = MESSAGES) -> Iterator[Filled]:
    """Run an engine over the tables of `messages` messages, which are made first where they are not there yet."""
    if messages % BLOCK_MESSAGES:
        raise ValueError(f"{messages} messages: give a multiple of {BLOCK_MESSAGES}")
    folder = folder_of(messages)
    marker = folder / "filled.json"
    found = _kept(marker, messages)
    if found is None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        today_ms = int(time.time() * 1000) // DAY_MS * DAY_MS
        found = Extent(messages, today_ms - DAYS * DAY_MS), 0
    extent, done = found
    port = free_port()
    with running(clickhouse_program(folder / "engine", port), folder):
        url = local_url(folder / "engine", port)
        if done < extent.blocks:
            for blocks in fill(connect(ClickHouseSettings(url), timeout_s=_TIMEOUT_S), extent, done):
                marker.write_text(json.dumps(asdict(extent) | {"blocks": blocks, "made_of": made_of()}) + "\n")
        yield Filled(url, extent)


def folder_of(messages: int) -> Path:
    """Return the directory for so many messages: `build/fill-10m`."""
    unit, letter = next(((u, c) for u, c in ((1_000_000, "m"), (1_000, "k")) if messages % u == 0), (1, ""))
    return CHECKOUT / "build" / f"fill-{messages // unit}{letter}"


def made_of() -> str:
    """Return a digest of all that decides what the tables hold, the number of messages aside."""
    statement = "".join(statements(Extent(BLOCK_MESSAGES, 0), 0, 1))
    parts = [statement, str(many_messages.DAYS), *(migration.checksum for migration in read_migrations())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def fill(client: Client, extent: Extent, done: int = 0) -> Iterator[int]:
    """Make the rows of every table, a span of time after another, from block `done` on; yield what is done by then.

    The last number comes when all is there, the rollup too. A span that was interrupted may be made again.
    """
    migrate(client, STORE, views_database=VIEWS)
    began_s = time.monotonic()
    for first in range(done, extent.blocks, _STEP_BLOCKS):
        count = min(_STEP_BLOCKS, extent.blocks - first)
        for statement in statements(extent, first, count):
            client.command(statement)
        done = first + count
        print(f"filled {done * BLOCK_MESSAGES} messages, {time.monotonic() - began_s:.0f} s", flush=True)
        if done < extent.blocks:
            yield done
    _merge_old_weeks(client)
    rollup.refresh(client, STORE)
    yield done


def _merge_old_weeks(client: Client) -> None:
    """Merge what the engine merges by itself within an hour or two: weeks of states in which nothing is inserted any more.

    The last two weeks stay in the parts in which they were inserted.
    """
    weeks = f"SELECT DISTINCT partition FROM system.parts WHERE active AND database = '{STORE}' AND table = 'message_state' ORDER BY partition"
    for (week,) in client.query(weeks).result_rows[:-2]:
        client.command(f"OPTIMIZE TABLE {STORE}.message_state PARTITION '{week}' FINAL")


def _kept(marker: Path, messages: int) -> tuple[Extent, int] | None:
    """Return what a directory holds, and how many of its blocks are done, where that is what is wanted."""
    if not marker.exists():
        return None
    found = json.loads(marker.read_text(encoding="utf-8"))
    extent = Extent(found["messages"], found["since_ms"])
    age_days = time.time() / 86_400 - extent.since_ms / DAY_MS - DAYS
    is_wanted = extent.messages == messages and found["made_of"] == made_of() and age_days < _KEPT_DAYS_MAX
    return (extent, found["blocks"]) if is_wanted else None


def _day(at_s: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(at_s))


def main() -> None:
    """Fill, and say what there is."""
    options = begin(__doc__, add_options=lambda p: p.add_argument("--messages", type=int, default=MESSAGES))
    began_s = time.monotonic()
    with filled(options.messages) as found:
        ready_s = time.monotonic() - began_s
        client = connect(ClickHouseSettings(found.url))
        counts = "SELECT table, sum(rows), sum(bytes_on_disk) FROM system.parts WHERE active AND database = {store:String} GROUP BY table ORDER BY table"
        sizes = client.query(counts, parameters={"store": STORE}).result_rows
        for table, rows, size in sizes:
            print(f"{table:20} {rows:>12} rows {size / 1e6:>9.0f} MB")
    folder = folder_of(options.messages)
    print(
        json.dumps(
            {
                "folder": str(folder.relative_to(CHECKOUT)),
                "messages": options.messages,
                "seconds": round(ready_s),
                "bytes": sum(size for _, _, size in sizes),
            }
        )
    )


if __name__ == "__main__":
    main()
