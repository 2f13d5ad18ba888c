"""A person forgotten: found under every name, gone from topics, stores and tables, and every count as it was."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from operations.forget.forget import Forgetting, Report
from operations.forget.names import read_identity
from operations.forget.settled import settled
from runtime.clickhouse.client import connect
from tests.support.forgotten import NUMBER, in_tables, life, post, settings_of
from tests.support.line import Line

pytestmark = pytest.mark.timeout(300)

COUNTS = (
    "SELECT status, campaign, count(), min(first_received_at) FROM recibo.messages GROUP BY ALL ORDER BY ALL",
    "SELECT outcome, count() FROM recibo.outcomes GROUP BY outcome ORDER BY outcome",
    "SELECT count(), countIf(at != 0) FROM recibo_store.webhook_raw FINAL",
)


@pytest.fixture
def run() -> str:
    """A name that no other test's messages have."""
    return uuid.uuid4().hex[:10]


async def settle(line: Line) -> None:
    """Return once what was posted is in the tables."""
    await settled(settings_of(line), lambda *_: None)


def asked(line: Line, text: str) -> list[Any]:
    """Return what the engine answers."""
    with connect(line.deployment.clickhouse) as client:
        return list(client.query(text).result_rows)


async def forgotten(line: Line, folder: Path, **more: Any) -> Report:
    """Forget the person."""
    with connect(line.deployment.clickhouse, writes=True) as client:
        forgetting = Forgetting(settings_of(line), client, folder / "secrets.env", lambda *_: None, **more)
        return await forgetting.forget(read_identity(NUMBER))


async def test_a_person_is_forgotten_and_every_count_stays(line: Line, run: str) -> None:
    """Every spelling, id, reference and name is gone from all tables; messages, outcomes and rows are as many as before."""
    await post(line, *life(run))
    await settle(line)
    before = [asked(line, text) for text in COUNTS]
    assert in_tables(line)
    report = await forgotten(line, line.folder)
    assert report.messages == 8
    assert in_tables(line) == {}
    assert [asked(line, text) for text in COUNTS] == before
    assert asked(line, "SELECT count() FROM recibo.links_missing") == [(0,)]
