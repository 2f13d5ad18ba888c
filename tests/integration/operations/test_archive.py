"""`recibo archive` on a real broker: killed, run again, after retention, on another log, in a store, damaged."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from click.testing import CliRunner, Result
from moto.server import ThreadedMotoServer

from cli.__main__ import recibo
from operations.archive.hours import HOUR_MS, hour_name, hour_of
from operations.archive.location import Location
from operations.archive.record import ArchivedRecord
from runtime.ports import HOST
from schemas.errors import DeploymentError
from schemas.topics import RAW, Topics, declared
from tests.conftest import MakeTopic
from tests.support.archived import archive_now, archived, produce, some_records

NOW_MS = time.time_ns() // 1_000_000
START_MS = hour_of(NOW_MS) - 5 * HOUR_MS
TIMES_OF_PRODUCERS = {"message.timestamp.type": "CreateTime"}
"""For hours of our choosing: the broker's own time cannot be set back."""


def hours(partition: int, *, first: int = 0, count: int = 4, each: int = 40) -> list[int]:
    """Return times in `count` hours from the first on, some of them in a row with nothing in between."""
    return [START_MS + (first + hour) * HOUR_MS + n * 1000 + partition for hour in range(count) for n in range(each)]


async def log_of(kafka: str, topic: str, partitions: int = 2) -> list[ArchivedRecord]:
    """Write four hours to each partition, and return their records in the order of an archive."""
    made = [some_records(topic, partition, hours(partition)) for partition in range(partitions)]
    for records in made:
        await produce(kafka, records)
    return [record for records in made for record in records]


async def run(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, recibo, ["archive", *arguments])


async def test_records_are_archived_verbatim_and_only_once(
    kafka_bootstrap: str, make_topic: MakeTopic, tmp_path: Path
) -> None:
    """Every part of a record comes back as it was; a second run has nothing to do; a third adds what is over since."""
    topic = await make_topic(partitions=2, config=TIMES_OF_PRODUCERS)
    records = await log_of(kafka_bootstrap, topic)
    options = (str(tmp_path), "--topic", topic, "--kafka-bootstrap-servers", kafka_bootstrap)
    done = await run(*options)
    assert done.exit_code == 0, done.output
    assert f"{topic}: 320 records in 8 files (4 hours, 2 partitions" in done.output
    assert archived(tmp_path, topic) == records
    assert "0 records in 0 files" in (await run(*options)).output
    assert f"{topic}: 320 records in 8 files" in (await run(*options, "--verify")).output

    await produce(kafka_bootstrap, some_records(topic, 0, [NOW_MS, NOW_MS + 1]))
    assert await archive_now(kafka_bootstrap, topic, tmp_path, NOW_MS) == [], "the present hour is not over"
    later = await archive_now(kafka_bootstrap, topic, tmp_path, NOW_MS + 2 * HOUR_MS)
    assert [(m.hour, m.first_offset, m.last_offset) for m in later] == [(hour_name(hour_of(NOW_MS)), 160, 161)]


async def test_the_raw_log_as_it_is_declared_is_archived_by_the_brokers_time(
    kafka_bootstrap: str, make_topic: MakeTopic, tmp_path: Path
) -> None:
    """Under LogAppendTime the hour is that of the append, whatever time the producer gave."""
    raw = next(topic for topic in declared(Topics(1)) if topic.name == RAW)
    topic = await make_topic(partitions=1, config=raw.config)
    await produce(kafka_bootstrap, some_records(topic, 0, [START_MS, START_MS + 1]))
    assert await archive_now(kafka_bootstrap, topic, tmp_path, NOW_MS) == []
    (manifest,) = await archive_now(kafka_bootstrap, topic, tmp_path, time.time_ns() // 1_000_000 + 2 * HOUR_MS)
    assert manifest.first_at_ms >= NOW_MS
    assert [r.timestamp for r in archived(tmp_path, topic)] == [manifest.first_at_ms, manifest.last_at_ms]


async def test_a_run_killed_anywhere_leaves_nothing_twice_and_nothing_out(
    kafka_bootstrap: str, make_topic: MakeTopic, tmp_path: Path
) -> None:
    """After kill -9 before or after any sync, what counts is whole, and the next runs complete it."""
    topic = await make_topic(partitions=2, config=TIMES_OF_PRODUCERS)
    records = await log_of(kafka_bootstrap, topic)
    options = [str(tmp_path / "new" / "archive"), "--topic", topic, "--kafka-bootstrap-servers", kafka_bootstrap]
    program = [sys.executable, "-m", "tests.integration.operations.dying_archiver"]
    for fatal, side in ((5, "before"), (2, "after"), (4, "before"), (9, "after")):
        killed = await asyncio.to_thread(
            subprocess.run, [*program, str(fatal), side, *options], capture_output=True, check=False
        )
        assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
        kept = archived(options[0], topic)
        assert kept == [r for r in records if r.offset < sum(k.partition == r.partition for k in kept)]
        assert (await run(*options, "--verify")).exit_code == 0
    assert (await run(*options)).exit_code == 0
    assert archived(options[0], topic) == records


async def test_what_retention_deleted_before_it_was_archived_is_said(
    kafka_bootstrap: str, kafka_admin: AIOKafkaAdminClient, make_topic: MakeTopic, tmp_path: Path
) -> None:
    """A run that comes too late archives what is left, and it and every verification name the missing offsets."""
    topic = await make_topic(partitions=1, config=TIMES_OF_PRODUCERS)
    records = some_records(topic, 0, hours(0))
    await produce(kafka_bootstrap, records)
    await archive_now(kafka_bootstrap, topic, tmp_path, START_MS + HOUR_MS + HOUR_MS // 2)
    await kafka_admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(100)})
    options = (str(tmp_path), "--topic", topic, "--kafka-bootstrap-servers", kafka_bootstrap)
    late = await run(*options)
    assert isinstance(late.exception, DeploymentError)
    said = f"{topic}[0]: offsets 40 to 99 are not there: retention deleted them"
    assert said in str(late.exception)
    assert archived(tmp_path, topic) == [r for r in records if not 40 <= r.offset < 100]
    verified = await run(*options, "--verify")
    assert (verified.exit_code, said in verified.output) == (0, True)
    assert (await run(*options)).exit_code == 0


async def test_another_log_is_refused(kafka_bootstrap: str, make_topic: MakeTopic, tmp_path: Path) -> None:
    """A topic that was recreated is not appended to the archive of the old one, be it shorter or longer."""
    old = await make_topic(partitions=1, config=TIMES_OF_PRODUCERS)
    await produce(kafka_bootstrap, some_records(old, 0, hours(0, count=1)))
    await archive_now(kafka_bootstrap, old, tmp_path, NOW_MS)
    new = await make_topic(partitions=1, config=TIMES_OF_PRODUCERS)
    for manifest in (tmp_path / old / "00000").glob("*.json"):
        manifest.write_text(manifest.read_text().replace(old, new))
    (tmp_path / old).rename(tmp_path / new)
    with pytest.raises(
        DeploymentError, match="ends at offset 0, and the archive has come to 40: the topic was recreated"
    ):
        await archive_now(kafka_bootstrap, new, tmp_path, NOW_MS)
    await produce(kafka_bootstrap, some_records(new, 0, hours(0, first=1, count=2)))
    with pytest.raises(DeploymentError, match=r"offset 39 was appended at .* this is another log"):
        await archive_now(kafka_bootstrap, new, tmp_path, NOW_MS)


@pytest.fixture(params=["directory", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A directory, and a bucket of a server that speaks S3."""
    if request.param == "directory":
        yield str(tmp_path)
        return
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    server = ThreadedMotoServer(HOST, port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"s3://archive/recibo?region=us-east-1&scheme=http&endpoint_override={quote(f'{host}:{port}')}"
    Location(url + "&allow_bucket_creation=true")._fs.create_dir("archive")
    yield url
    server.stop()


async def test_a_changed_byte_and_a_missing_file_are_named(
    kafka_bootstrap: str, make_topic: MakeTopic, place: str
) -> None:
    """In a directory and in an S3 store: `--verify` names the damaged file, and reading stops at it."""
    topic = await make_topic(partitions=2, config=TIMES_OF_PRODUCERS)
    records = await log_of(kafka_bootstrap, topic)
    options = (place, "--topic", topic, "--kafka-bootstrap-servers", kafka_bootstrap)
    assert (await run(*options)).exit_code == 0
    assert archived(place, topic) == records

    location, hour = Location(place), hour_name(START_MS + HOUR_MS)
    whole = location.read(f"{topic}/00001/{hour}.parquet")
    location.write(f"{topic}/00001/{hour}.parquet", whole[:500] + bytes([whole[500] ^ 1]) + whole[501:])
    damaged = await run(*options, "--verify")
    assert isinstance(damaged.exception, DeploymentError)
    assert f"{topic}/00001/{hour}.parquet was changed: its SHA-256 is" in damaged.output
    with pytest.raises(DeploymentError, match=rf"00001/{hour}.parquet was changed"):
        archived(place, topic)

    location.write(f"{topic}/00001/{hour}.parquet", whole)
    location._fs.delete_file(f"{location._root}/{topic}/00000/{hour}.json")
    missing = await run(*options, "--verify")
    assert "begins at offset 80 instead of 40: a file before it is missing" in missing.output
    assert f"{topic}/00000/{hour}.parquet has no manifest" in missing.output


async def test_a_place_that_cannot_be_used_is_said_in_a_line(kafka_bootstrap: str, tmp_path: Path) -> None:
    """A file instead of a directory, and a URL of an unknown kind, are named with the reason."""
    (tmp_path / "file").touch()
    options = ("--kafka-bootstrap-servers", kafka_bootstrap)
    for place, reason in ((f"{tmp_path}/file/archive", "cannot be locked"), ("ftp://host/x", "neither a directory")):
        done = await run(place, *options)
        assert isinstance(done.exception, DeploymentError)
        assert place in str(done.exception)
        assert reason in str(done.exception)
