"""Which release of the views a database has: an older program leaves newer ones as they are.

Whoever changes a view raises VERSION and writes down the CHECKSUM that the test names.
"""

import hashlib
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.client import Client

from projections.clickhouse.ddl import change
from runtime.clickhouse.topology import PLAIN, Topology

VERSION: Final = 10
"""Of the views in this folder."""
CHECKSUM: Final = "f60998f4a133487e"
"""Of what they are made of."""

_FOLDER: Final = Path(__file__).parent


def checksum(folder: Path = _FOLDER) -> str:
    """Return the checksum of all that the views are made of: SQL, and what fills it in."""
    digest = hashlib.sha256()
    for path in sorted(
        p for p in folder.rglob("*") if p.suffix in {".sql", ".py", ".json"} and p.name != Path(__file__).name
    ):
        digest.update(f"{path.relative_to(folder)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def list_of(store: str) -> str:
    """Return the statement that makes the list of the views' versions."""
    return (
        f"CREATE TABLE IF NOT EXISTS {store}.views_release (views String, version UInt32, at DateTime64(3, 'UTC') DEFAULT now64(3)) "
        "ENGINE = ReplacingMergeTree ORDER BY (views, version)"
    )


def claim(client: Client, store: str, views: str, topology: Topology = PLAIN) -> bool:
    """Note that `views` becomes this version; return False, and note nothing, where it is a later one already."""
    change(client, list_of(store), topology)
    text = f"SELECT max(version) FROM {store}.views_release WHERE views = {{views:String}}"  # noqa: S608 - a name of ours
    newest = int(client.query(text, parameters={"views": views}).result_rows[0][0])
    if newest < VERSION:
        client.insert(f"{store}.views_release", [[views, VERSION]], column_names=["views", "version"])
    return newest <= VERSION
