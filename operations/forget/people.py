"""Links of people who were forgotten, taken out of tables that were made from the log again: they are known by hashes alone."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.client import Client

from operations.forget.key import key_of, require_key_of
from operations.forget.names import canonical
from projections.clickhouse.erase import carry_out, noting
from projections.clickhouse.erasure import of_names
from projections.clickhouse.sought import rows
from projections.settings import Settings
from runtime.shared_settings import SHARED
from schemas.identity import Identity

_AT_ONCE: Final = 1_000


def secrets_file_of(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where the command line keeps secrets, where no option says it."""
    folder = environ.get("RECIBO_DATA_DIR") or SHARED.data_dir
    return Path(environ.get("RECIBO_SECRETS_FILE") or Path(folder) / "secrets.env")


async def unlink_forgotten(
    settings: Settings, client: Client, database: str, environ: Mapping[str, str] = os.environ
) -> int:
    """Take out of `database` which names go with those of people who were forgotten; return how many names that were.

    Somebody forgotten who was written to again loses the links alone, until the next event gives them.

    Raises:
        ConfigurationError: people were forgotten, and the key is missing.
        DeploymentError: no broker answers.
        ClickHouseError: the engine does not answer.
    """
    secrets_file = secrets_file_of(environ)
    known = await require_key_of(settings.kafka, secrets_file, environ)
    key = key_of(secrets_file, environ)
    if key is None or not known.identities:
        return 0
    text = f"SELECT DISTINCT kind, value FROM {database}.person_link"  # noqa: S608 - a name of ours
    linked = await asyncio.to_thread(lambda: client.query(text).result_rows)
    names = [Identity(*row) for row in linked]
    forgotten = [name for name in names if key.identity(canonical(name)) in known.identities]
    for start in range(0, len(forgotten), _AT_ONCE):
        some = forgotten[start : start + _AT_ONCE]
        await asyncio.to_thread(_unlink, settings, client, database, some)
    return len(forgotten)


def _unlink(settings: Settings, client: Client, database: str, names: Sequence[Identity]) -> None:
    store, topology, forgetting = settings.clickhouse.database, settings.clickhouse.topology, f"links of {database}"
    with noting(client, store, forgetting, rows(forgetting, names), topology) as sought:
        carry_out(client, of_names(database, sought), topology)
