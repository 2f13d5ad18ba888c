"""`recibo spool`: what an operator sees of the spool, and moves in it, beside a worker that runs."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.spool import command
from ingest.durable.spool_directory import claim
from ingest.durable.spool_kept import keep_refused
from ingest.durable.spool_segment import Spooled
from ingest.log_record import LogRecord
from schemas.errors import DeploymentError
from tests.support.spools import FakeLog, files, record, segments_to, spool_at


def spool(data_dir: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, ["--data-dir", str(data_dir), *arguments])


def root_of(data_dir: Path) -> Path:
    return data_dir / "ingest" / "spool"


def test_an_empty_spool(tmp_path: Path) -> None:
    """Where nothing waits, or ingest never ran, that is said."""
    assert f"nothing is in {root_of(tmp_path)}" in spool(tmp_path, "list").output
    assert json.loads(spool(tmp_path, "list", "--json").output) == []
    assert "nothing was refused" in spool(tmp_path, "retry", "all").output


async def test_everything_is_listed_with_what_it_is(tmp_path: Path) -> None:
    """Waiting, refused and stray files are told apart, and whether a worker runs on the directory."""
    running = spool_at(root_of(tmp_path))
    await running.append("webhook.raw", [record(1)])
    keep_refused(running.directory, [Spooled("webhook.raw", record(2), "too large")])
    (running.directory.path / "core").write_bytes(b"???")
    listed = json.loads(spool(tmp_path, "list", "--json").output)
    assert [(file["kind"], file["worker_runs"]) for file in listed] == [
        ("waiting", True),
        ("refused", True),
        ("stray", True),
    ]
    assert listed[0]["bytes"] == files(tmp_path)[0].stat().st_size
    await running.close()
    assert spool(tmp_path, "list").output.count("no worker runs on this directory") == 3


async def test_inspect_shows_records_and_why_they_were_refused(tmp_path: Path) -> None:
    """A file's records are shown without their bodies, and what strangers sent moves no cursor."""
    directory = claim(root_of(tmp_path))
    refused = LogRecord(b"acme/m-1\x1b[2J", b"secret body", [("request", b'["r1",0,"single",1]')])
    kept = keep_refused(directory, [Spooled("webhook.raw", refused, "MessageSizeTooLargeError")])
    output = spool(tmp_path, "inspect", kept.name).output
    assert "1 to webhook.raw" in output
    assert "acme/m-1\\x1b[2J  request r1  11 bytes" in output
    assert "MessageSizeTooLargeError" in output
    assert "secret body" not in output
    assert json.loads(spool(tmp_path, "inspect", kept.stem, "--json").output)["records"] == 1
    directory.close()


async def test_set_aside_and_retry_beside_a_running_worker(tmp_path: Path) -> None:
    """A segment set aside is drained by nobody, and one given back is; what is being written is not moved."""
    running, log = spool_at(root_of(tmp_path), segment_bytes=1), FakeLog()
    await running.append("webhook.raw", [record(1)])
    await running.append("webhook.raw", [record(2)])
    first, written = files(tmp_path)
    segments = segments_to(log, running)
    assert "set aside: " in spool(tmp_path, "set-aside", first.name).output
    assert await segments.drain(first) is True
    assert log.taken == []
    assert json.loads(spool(tmp_path, "retry", "all", "--json").output) == [str(first)]
    assert await segments.drain(first) is True
    assert log.taken == [b"k1"]
    assert written.exists()
    await running.close()


async def test_what_is_being_written_is_not_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The segment that a worker writes to stays where it is, and the operator is told."""
    monkeypatch.setattr("operations.spool.move._BUSY_S_MAX", 0.2)
    running = spool_at(root_of(tmp_path))
    await running.append("webhook.raw", [record(1)])
    (written,) = files(tmp_path)
    result = spool(tmp_path, "set-aside", written.name)
    assert isinstance(result.exception, DeploymentError)
    assert "try again in a moment" in str(result.exception)
    assert written.exists()
    await running.close()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("inspect", "nothing"), "there is no nothing"),
        (("retry", "0000000000001-0000000000000001.damaged"), "damaged bytes"),
        (("set-aside", "0000000000001-0000000000000001.damaged"), "set aside already"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    """A file that is not there, or is not of the kind, is named with what to do instead."""
    directory = claim(root_of(tmp_path))
    (directory.path / "0000000000001-0000000000000001.damaged").write_bytes(b"?")
    result = spool(tmp_path, *arguments)
    assert isinstance(result.exception, DeploymentError)
    assert says in str(result.exception)
    directory.close()
