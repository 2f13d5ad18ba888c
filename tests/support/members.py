"""Messages as the views show them, and as they would be if the members of groups were read from all of `message_state`."""

from typing import Any

from projections.clickhouse.views import read_views
from tests.support.databases import Databases

Shown = dict[tuple[str, str], dict[str, Any]]
"""(account, message id) → column → value, sets in order."""


def shown(databases: Databases, which: str = "1") -> Shown:
    """Return what the views have, one row a message; of those for which the condition `which` is true."""
    return _rows(databases, f"{databases.store}.message", which)


def folded(databases: Databases, which: str = "1") -> Shown:
    """Return the same folded from every row that was stored, wherever it is."""
    view = read_views(databases.store, databases.views, masked=False)["message"]
    assert ".message_member" in view
    text = view.partition(" AS\n")[2].replace(".message_member", ".message_state")
    return _rows(databases, f"({text})", which)


def _rows(databases: Databases, source: str, which: str) -> Shown:
    found: Shown = {}
    for row in databases.client.query(f"SELECT * FROM {source} WHERE {which}").named_results():
        name = (row["account"], row["message_id"])
        assert name not in found, f"two rows of {name}"
        found[name] = {column: sorted(v) if isinstance(v, list) else v for column, v in row.items()}
    return found
