"""ClickHouse's interface over chDB as a program of the local stack."""

from pathlib import Path

from runtime.ports import HOST
from runtime.programs import python_program
from runtime.supervisor import Program


def clickhouse_program(data_dir: Path, port: int) -> Program:
    """Return how to run ClickHouse's interface over chDB, with its data in `data_dir`, on `port` of 127.0.0.1."""
    arguments = ("--data-dir", str(data_dir.resolve()), "--port", str(port))
    return python_program("clickhouse", "deploy.local.clickhouse", f"http://{HOST}:{port}/ping", arguments=arguments)
