"""Database `recibo_bi` as tools that click use it: reflected by SQLAlchemy, filtered by `WHERE day …`, nothing asked for."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import MetaData, Table, create_engine, func, inspect, select

from projections import rollup
from projections.clickhouse.views import FOLDER
from tests.support.databases import Databases, Project
from tests.support.world import START_MS, busy_world, connection_event, message_event

VIEWS = sorted(path.stem.partition("_")[2] for path in Path(FOLDER / "bi").glob("*.sql"))
HOUR_MS = 3_600_000


@pytest.fixture
async def filled(databases: Databases, project: Project) -> Databases:
    """Databases with messages, failures and a connection, counted."""
    world = busy_world(50)
    world.post(connection_event("c-1", "connected", START_MS))
    world.post(message_event("late", "queued", START_MS - 40 * HOUR_MS), delay_ms=10)
    await project(world)
    rollup.refresh(databases.client, databases.store)
    return databases


async def test_every_view_is_reflected_and_read(filled: Databases) -> None:
    """SQLAlchemy's dialect finds each view with its columns, and reads rows of one day of it."""
    engine = create_engine(filled.url.replace("http://", "clickhousedb://") + f"/{filled.views}_bi")
    found = set(inspect(engine).get_view_names()) | set(inspect(engine).get_table_names())
    assert set(VIEWS) <= found
    with engine.connect() as connection:
        for name in VIEWS:
            table = Table(name, MetaData(), autoload_with=engine)
            day: date = connection.execute(select(func.max(table.c.day))).scalar_one()
            assert connection.execute(select(table).where(table.c.day == day).limit(1)).first() is not None, name


async def test_the_funnel_is_that_with_parameters(filled: Databases) -> None:
    """A day filtered by WHERE has the figures of the view with parameters in that zone."""
    zone = "time_zone = 'America/Sao_Paulo', since = '2020-01-01', until = '2100-01-01'"
    columns = "day, account, sources, campaign, to_group, messages, delivered, read, failed"
    expected = filled.rows(f"SELECT {columns} FROM views.funnel({zone}) ORDER BY ALL")
    assert filled.rows(f"SELECT {columns} FROM {filled.views}_bi.funnel ORDER BY ALL") == expected


def test_a_filter_by_day_reads_that_days_rows(databases: Databases) -> None:
    """Of many days counted ahead, one day's filter reads few rows: the days are in the order of the table."""
    columns = "anchor_week, basis, slot, account, messages"
    databases.client.command(
        f"INSERT INTO {databases.store}.message_slot ({columns}) "
        "SELECT toMonday(today() - number % 60), '', toDateTime(today() - number % 60), 'acme', 1 FROM numbers(600000)"
    )
    result = databases.client.query(
        f"EXPLAIN indexes = 1 SELECT sum(messages) FROM {databases.views}_bi.funnel WHERE day = today() - 30"
    )
    text = "\n".join(str(row[0]) for row in result.result_rows)
    read, of = text.rsplit("Granules: ", 1)[1].split()[0].split("/")
    assert int(read) * 5 < int(of), text
