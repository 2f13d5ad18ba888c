"""The commands that look at a deployment, against the real servers."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.__main__ import recibo
from operations import doctor as checks
from operations.generation import settle
from runtime.kafka.settings import KafkaSettings
from runtime.kafka.topic_check import FoundTopic
from runtime.ports import HOST, free_port
from schemas.errors import DeploymentError


def run(*arguments: str) -> Result:
    return CliRunner().invoke(recibo, arguments)


def test_sql_prints_a_table(clickhouse_url: str) -> None:
    """A result is printed with its column names, its values, and how many rows there are."""
    done = run(
        "sql", "--url", clickhouse_url, "--database", "default", "SELECT number AS n, toString(n) AS s FROM numbers(2)"
    )
    assert done.exit_code == 0, done.output
    assert "│ 1 │ 1 │" in done.output
    assert "2 rows" in done.output


def test_sql_prints_json_for_programs(clickhouse_url: str) -> None:
    """With --format json each row is a line of JSON."""
    done = run("sql", "--url", clickhouse_url, "--database", "default", "--format", "json", "SELECT 1 AS a, 'x' AS b;")
    assert [json.loads(line) for line in done.stdout.splitlines()] == [{"a": 1, "b": "x"}]


def test_sql_shows_the_first_rows_of_a_large_result_and_streams_all_of_it_as_csv(clickhouse_url: str) -> None:
    """A table ends after 500 rows and says that there are more; --format csv has every row."""
    sql = ("sql", "--url", clickhouse_url, "--database", "default", "SELECT number AS n FROM numbers(300000)")
    table = run(*sql).output
    assert "│ 499 │" in table
    assert "500 │" not in table
    assert "the first 500 rows; there are more: add LIMIT, or --format csv" in table
    assert run(*sql, "--format", "csv").stdout.split() == ['"n"', *map(str, range(300_000))]


def test_sql_runs_statements_that_have_no_result(clickhouse_url: str, fresh_name: str) -> None:
    """A table is created and dropped through it as well."""
    for statement in (f"CREATE TABLE {fresh_name} (a UInt8) ENGINE = Memory", f"DROP TABLE {fresh_name}"):
        done = run("sql", "--url", clickhouse_url, "--database", "default", statement)
        assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("database", "sql", "told"),
    [
        ("default", "SELECT * FROM nope", "UNKNOWN_TABLE"),
        ("not_there", "SELECT 1", "made when the projections start"),
    ],
)
def test_sql_tells_an_error_in_one_line(clickhouse_url: str, database: str, sql: str, told: str) -> None:
    """A failed statement ends with the engine's reason, and the remedy where it is ours to say."""
    done = run("sql", "--url", clickhouse_url, "--database", database, sql)
    assert isinstance(done.exception, DeploymentError)
    assert told in str(done.exception)
    assert "\n" not in str(done.exception)


def test_sql_names_a_clickhouse_that_does_not_answer() -> None:
    """Where no ClickHouse answers, the address (without its password) and what to do are reported."""
    done = run("sql", "--url", f"http://analyst:secret@{HOST}:{free_port()}", "SELECT 1")
    assert isinstance(done.exception, DeploymentError)
    assert "secret" not in str(done.exception)
    assert "does not answer: start it (`recibo up`)" in str(done.exception)


def test_doctor_names_what_is_missing_and_what_a_single_broker_means(
    kafka_bootstrap: str, clickhouse_url: str, fresh_name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On servers nobody set up, doctor fails with the remedy for topics and tables, and says what 204 survives."""
    monkeypatch.setenv("RECIBO_TOPIC_PREFIX", f"{fresh_name}.")
    asyncio.run(settle(KafkaSettings(kafka_bootstrap, topic_prefix=f"{fresh_name}."), 4, tmp_path, {}))
    servers = ["--kafka-bootstrap-servers", kafka_bootstrap, "--clickhouse-url", clickhouse_url]
    done = run("doctor", *servers)
    lines = {line.split()[1]: line for line in done.output.splitlines()}
    assert list(lines) == [
        *("kafka", "topics", "durability", "generation", "raw"),
        *("clickhouse", "tables", "clocks", "topology", "versions", "disk", "files"),
    ]
    assert lines["kafka"].startswith("ok")
    assert lines["topics"].startswith("ok")
    assert lines["durability"].startswith("warn")
    assert "not the loss of power" in lines["durability"]
    assert lines["clickhouse"].startswith("ok")
    assert "projections.clickhouse.migrate" in lines["tables"] or lines["tables"].startswith("ok")
    assert lines["clocks"].startswith("ok")

    monkeypatch.setenv("RECIBO_TOPIC_PREFIX", f"{fresh_name}.other.")
    done = run("doctor", *servers)
    assert done.exit_code == 1
    assert "message.events.g1 is missing" in done.output
    assert "`recibo topics --apply` creates what is missing" in done.output


def test_doctor_goes_on_where_nothing_answers() -> None:
    """Without a broker and an engine both are reported, and what can be looked at still is."""
    gone = f"{HOST}:{free_port()}"
    done = run("doctor", "--kafka-bootstrap-servers", gone, "--clickhouse-url", f"http://{gone}")
    assert done.exit_code == 1
    assert [line.split()[:2] for line in done.output.splitlines()[:2]] == [["fail", "kafka"], ["fail", "clickhouse"]]
    assert "disk" in done.output


def test_three_replicas_are_what_survives_a_machine() -> None:
    """Durability is ok only with three replicas of which two must be in sync."""
    three = {"webhook.raw": FoundTopic(4, 3, has_leaders=True, config={"min.insync.replicas": "2"})}
    loose = {"webhook.raw": FoundTopic(4, 3, has_leaders=True, config={"min.insync.replicas": "1"})}
    assert checks.durability(3, three).level == "ok"
    assert checks.durability(3, loose).level == "warn"


@pytest.mark.parametrize(("seconds", "level"), [(0.2, "ok"), (-5.0, "warn"), (31.0, "fail")])
def test_clocks_are_judged_by_how_far_they_are_apart(seconds: float, level: str) -> None:
    """A second is nothing, some are a warning, half a minute is a fault."""
    assert checks.clock(seconds).level == level


@pytest.mark.parametrize(("gib", "level"), [(50, "ok"), (5, "warn"), (0.5, "fail")])
def test_disk_is_judged_by_what_is_free(tmp_path: Path, gib: float, level: str) -> None:
    """Below ten gibibytes is a warning, below one a fault."""
    assert checks.disk_room(int(gib * checks.GIB), tmp_path).level == level
