"""The views of database `recibo`: one file each, replaced at every migration.

A file begins with a comment that says what a row is. Its columns are published (`published.json`): later
versions may add columns, never remove one or change its type (a test compares).
"""

from pathlib import Path
from typing import Final

from clickhouse_connect.driver.client import Client

from schemas.error_category import ACTIONS

FOLDER: Final = Path(__file__).parent


def read_views(store: str, views: str, folder: Path = FOLDER) -> dict[str, str]:
    """Return name → CREATE statement, in the order in which they depend on one another (`10_messages.sql`)."""
    words = {
        "${store}": store,
        "${views}": views,
        "${categories}": repr(list(ACTIONS)),
        "${actions}": repr(list(ACTIONS.values())),
    }
    found = {}
    for path in sorted(folder.glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(word, value)
        found[path.stem.partition("_")[2]] = text
    return found


def create(client: Client, store: str, views: str) -> None:
    """Create or replace every view of database `views` over the tables of database `store`."""
    client.command(f"CREATE DATABASE IF NOT EXISTS {views}")
    for statement in read_views(store, views).values():
        client.command(statement)
