"""Which shard a row is on, and how a query says that it means all of them. Pure.

All that a message's own states, events and records are made of is on one shard: its key, `account/message id`, decides.
So every row that a table replaces or folds into another meets it (equal sort keys have equal keys). States that ids connect
have keys of their own and may be on different shards: what is looked up across states is asked everywhere (GLOBAL). A change of the number of
shards leaves older rows where they are: the tables are then to be rebuilt.
"""

import re
from typing import Final

_MESSAGE: Final = "cityHash64(concat(account, '/', message_id))"
_CONNECTION: Final = "cityHash64(concat(account, '/', connection_id))"
_RECORD: Final = "cityHash64(key)"
_NAME: Final = "cityHash64(concat(account, '/', value))"
ONE_SHARD: Final = "0"
"""Of small tables: all rows on the first shard."""

SHARDED_BY: Final = {
    "webhook_raw": _RECORD,
    "webhook_set_aside": _RECORD,
    "webhook_request": "cityHash64(request_id)",
    "message_event": _MESSAGE,
    "message_state": _MESSAGE,
    "message_alias": _MESSAGE,
    "message_link": _MESSAGE,
    "state_alias": _MESSAGE,
    "message_group": _MESSAGE,
    "message_member": _MESSAGE,
    "member_hash": "state_hash",
    "alias_hash": "state_hash",
    "person_link": _NAME,
    "person": _NAME,
    "connection_event": _CONNECTION,
    "connection_state": _CONNECTION,
}
"""Table → expression whose value, modulo the shards, is its row's shard; tables that are not here are on one shard."""

_SUBQUERY: Final = re.compile(r"(?<!GLOBAL )\b((?:NOT )?IN)(\s*\(\s*SELECT\b)")
_JOIN: Final = re.compile(
    r"(?<!GLOBAL )\b((?:INNER ALL|INNER|LEFT ANTI|LEFT ANY|LEFT ALL|LEFT|FULL OUTER|CROSS) JOIN)\b"
)


def sharding_key(table: str) -> str:
    """Return the expression that decides the shard of a table's row."""
    return SHARDED_BY.get(table, ONE_SHARD)


def everywhere(query: str) -> str:
    """Return a query whose subqueries and joins are asked once, of all shards, whatever `distributed_product_mode` a reader has."""
    return _JOIN.sub(r"GLOBAL \1", _SUBQUERY.sub(r"GLOBAL \1\2", query))
