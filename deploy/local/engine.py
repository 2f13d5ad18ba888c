"""ClickHouse's interface over chDB as a program of the local stack."""

from pathlib import Path

from deploy.local.engine_access import ensure_password, note_address
from runtime.ports import HOST
from runtime.programs import python_program
from runtime.supervisor import Program


def clickhouse_program(data_dir: Path, port: int) -> Program:
    """Return how to run ClickHouse's interface over chDB, with its data in `data_dir`, on `port` of 127.0.0.1.

    Who asks it shows the password that is made here (`deploy/local/engine_access.py`).
    """
    ensure_password(data_dir)
    note_address(data_dir, f"{HOST}:{port}")
    arguments = ("--data-dir", str(data_dir.resolve()), "--port", str(port))
    return python_program("clickhouse", "deploy.local.clickhouse", f"http://{HOST}:{port}/ping", arguments=arguments)
