"""What an ingest says of a spool that cannot be written, or holds what waits for an operator, while Kafka is away."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from cli.spool import command
from runtime.ports import free_port
from tests.support.polling import until
from tests.support.running_ingest import SIGNED_SOURCE, RunningIngest, event_body, ingest_at, signature

pytestmark = [pytest.mark.needs_root, pytest.mark.timeout(90)]


@pytest.fixture
def ingest(tmp_path: Path, fresh_name: str) -> Iterator[RunningIngest]:
    """An ingest without a broker, whose data directory is a file system of its own."""
    disk = tmp_path / "data"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "recibo-test", disk], check=True)
    sources = SIGNED_SOURCE.format(name=fresh_name)
    try:
        with ingest_at(f"127.0.0.1:{free_port()}", tmp_path, sources) as running:
            yield running
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def remount(running: RunningIngest, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", running.folder / "data"], check=True)


def post(running: RunningIngest, source: str, number: int) -> int:
    body = event_body(number)
    answer = httpx.post(f"{running.url}/v1/webhooks/{source}", content=body, headers=signature(body), timeout=10)
    return answer.status_code


async def test_a_spool_that_cannot_be_written_is_named(ingest: RunningIngest, fresh_name: str) -> None:
    """On a read-only disk readiness ends without a post, with the reason; it comes back with the disk."""
    assert ingest.ask("/readyz").status_code == httpx.codes.OK
    remount(ingest, "ro")

    async def is_not_ready() -> bool:
        return ingest.ask("/readyz").status_code == httpx.codes.SERVICE_UNAVAILABLE

    await until(is_not_ready, "readiness to end", s_max=20)
    assert "Read-only file system" in str(ingest.ready()["why"])
    assert "recibo_ingest_spool_writable 0.0" in ingest.ask("/metrics").text
    assert post(ingest, fresh_name, 1) == 503
    remount(ingest, "rw")

    async def is_ready() -> bool:
        return ingest.ask("/readyz").status_code == httpx.codes.OK

    await until(is_ready, "readiness to come back", s_max=20)
    assert post(ingest, fresh_name, 2) == 204


async def test_an_operator_sets_a_segment_aside_beside_the_running_worker(
    ingest: RunningIngest, fresh_name: str
) -> None:
    """The command sees the worker's segments, does not move the one being written, and what is aside shows in the metrics."""
    assert post(ingest, fresh_name, 1) == 204
    data_dir = ["--data-dir", str(ingest.folder / "data")]
    (listed,) = json.loads(CliRunner().invoke(command, [*data_dir, "list", "--json"]).output)
    assert (listed["kind"], listed["worker_runs"]) == ("waiting", True)
    ingest.kill()  # the segment is closed by the next process, which waits for Kafka with it
    ingest.start()
    moved = CliRunner().invoke(command, [*data_dir, "set-aside", listed["name"]])
    assert "set aside: " in moved.output, moved

    async def is_shown() -> bool:
        return f'recibo_ingest_spool_kept_bytes{{kind="aside"}} {float(listed["bytes"])}' in ingest.ask("/metrics").text

    await until(is_shown, "the metric", s_max=20)
    assert post(ingest, fresh_name, 2) == 204
