"""Rows about ids: edges between ids and states in both directions, their hashes, cut ids, groups, and who is in one."""

import hashlib
import zlib
from collections.abc import Iterable
from typing import Final

from projections.rows.table import Row, Table

STATE_ALIAS: Final = Table(
    "state_alias",
    (("account", "LowCardinality(String)"), ("message_id", "String"), ("anchor_day", "UInt16"), ("id", "String")),
)
ALIAS_HASH: Final = Table("alias_hash", (("id_hash", "UInt64"), ("state_hash", "UInt64"), ("anchor_day", "UInt16")))
ALIAS_CUT: Final = Table("alias_cut", (("account", "LowCardinality(String)"), ("id", "String"), ("is_settled", "Bool")))
MEMBER_HASH: Final = Table("member_hash", (("state_hash", "UInt64"), ("anchor_day", "UInt16")))
MESSAGE_GROUP: Final = Table(
    "message_group",
    (
        ("anchor_day", "UInt16"),
        ("account", "LowCardinality(String)"),
        ("message_id", "String"),
        ("least", "Tuple(Int64, UInt16, String)"),
    ),
)


def narrow_hash(account: str, id_: str) -> int:
    """Return CRC-32 of `account/id`: `message_alias.id_hash`, and `state_alias.state_hash` of a message id.

    It only narrows a search; equality is checked as well.
    """
    return zlib.crc32(f"{account}/{id_}".encode())


def wide_hash(account: str, id_: str) -> int:
    """Return what `alias_hash` knows an id by: the first eight bytes of its MD5, ClickHouse's halfMD5."""
    return wide_hash_of(f"{account}/{id_}".encode())


def wide_hash_of(key: bytes) -> int:
    """Return the same of a record's key, which is `account/id`."""
    return int.from_bytes(hashlib.md5(key, usedforsecurity=False).digest()[:8], "big")


def state_aliases(aliases: Iterable[Row]) -> list[Row]:
    """Return the rows of `state_alias` for rows of `message_alias`: none for a state's own id."""
    return [(account, message_id, day, id_) for account, id_, message_id, day in aliases if id_ != message_id]


def hashes(aliases: Iterable[Row]) -> list[Row]:
    """Return the rows of `alias_hash` for rows of `message_alias`."""
    return [(wide_hash(account, id_), wide_hash(account, message_id), day) for account, id_, message_id, day in aliases]
