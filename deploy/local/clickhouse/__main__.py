"""`python -m deploy.local.clickhouse --data-dir DIR --port PORT`: serve one chDB directory until SIGTERM."""

import sys
from pathlib import Path

import click
import uvicorn

from deploy.local.clickhouse.engine import Engine
from deploy.local.clickhouse.http import create_app
from deploy.local.engine_access import ensure_password
from runtime.directory_lock import DirectoryLock
from runtime.ports import HOST
from runtime.secret_file import read_secret
from schemas.errors import ReciboError

_IDLE_S = 30  # ClickHouse's own; clients count on a connection to last a while
_DRAIN_S = 20


@click.command()
@click.option("--data-dir", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--port", type=int, required=True)
def main(data_dir: Path, port: int) -> None:
    """Serve ClickHouse's HTTP interface over the engine in DATA_DIR."""
    try:
        lock = DirectoryLock(data_dir, "ClickHouse engine")
        password = read_secret(ensure_password(data_dir), "the password of the local ClickHouse")
    except ReciboError as error:
        sys.exit(str(error))
    engine = Engine(data_dir / "engine")
    uvicorn.run(
        create_app(engine, password),
        host=HOST,
        port=port,
        http="httptools",
        access_log=False,
        log_level="warning",
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=_DRAIN_S,
    )
    engine.close()
    lock.release()


if __name__ == "__main__":
    main()
