"""The local engine on a disk that fails, and on one that rots."""

import json
import secrets
from pathlib import Path

import httpx
import pytest

from deploy.local.engine import clickhouse_program
from runtime.ports import free_port
from tests.faults.means.flipped_bits import flip_bits
from tests.faults.means.system_calls import failing
from tests.support.servers import local_url, running

pytestmark = [pytest.mark.long_fault, pytest.mark.timeout(180)]
TABLE = "CREATE TABLE event (id UInt64, name String) ENGINE = MergeTree ORDER BY id SETTINGS fsync_after_insert = 1, min_bytes_for_wide_part = 1"


def insert(client: httpx.Client, number: int) -> bool:
    """Insert a row; return whether it was answered as stored."""
    row = json.dumps({"id": number, "name": secrets.token_hex(500)})
    return client.post("/", content=f"INSERT INTO event (id, name) FORMAT JSONEachRow\n{row}").is_success


@pytest.mark.needs_tool("strace")
def test_a_disk_that_fails(tmp_path: Path) -> None:
    """While syncs, renames or new folders fail with EIO inserts are errors; the rows of those answered as stored are there, no other."""
    port = free_port()
    stored: list[bool] = []
    with (
        running(clickhouse_program(tmp_path / "data", port), tmp_path) as child,
        httpx.Client(base_url=local_url(tmp_path / "data", port), timeout=30) as client,
    ):
        client.post("/", content=TABLE).raise_for_status()
        assert child.pid is not None
        for call in ("fdatasync", "rename", "mkdir"):
            stored += [insert(client, len(stored))]
            with failing(child.pid, call):
                failed = insert(client, len(stored))
            assert not failed, call
            stored += [failed]
        stored += [insert(client, len(stored))]
        assert stored[-1], "it stores again"
        kept = client.post("/", content="SELECT id FROM event ORDER BY id").text.split()
    assert [int(number) for number in kept] == [number for number, was_stored in enumerate(stored) if was_stored]


def test_a_flipped_byte_in_a_part_is_an_error(tmp_path: Path) -> None:
    """A query that reads a changed block is an error, never another number."""
    port = free_port()
    with (
        running(clickhouse_program(tmp_path / "data", port), tmp_path),
        httpx.Client(base_url=local_url(tmp_path / "data", port), timeout=30) as client,
    ):
        client.post("/", content=TABLE).raise_for_status()
        for number in range(5):
            assert insert(client, number)
        client.post("/", content="OPTIMIZE TABLE event FINAL").raise_for_status()
        right = client.post("/", content="SELECT sum(cityHash64(id, name)) FROM event").text
    changed = flip_bits((tmp_path / "data").rglob("name.bin"), 1, seed=1)
    assert changed
    with (
        running(clickhouse_program(tmp_path / "data", port), tmp_path),
        httpx.Client(base_url=local_url(tmp_path / "data", port), timeout=30) as client,
    ):
        answer = client.post("/", content="SELECT sum(cityHash64(id, name)) FROM event")
        assert not answer.is_success or answer.text == right
