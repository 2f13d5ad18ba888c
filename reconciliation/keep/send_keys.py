"""Which body was sent under which idempotency key, kept in the tables: every process sees it."""

from datetime import UTC, datetime
from typing import Any, Final

from clickhouse_connect.driver.client import Client

_SETTINGS: Final[dict[str, Any]] = {"async_insert": 0, "insert_deduplicate": 0}


class SendKeys:
    """The keys of one database. Every call blocks, and raises what the client raises."""

    def __init__(self, client: Client, store: str) -> None:
        """Ask through `client` (one that writes) the database `store`."""
        self._client = client
        self._store = store

    def claim(self, account: str, key: str, body_sha256: str, now_ms: int) -> bool:
        """Note a key's body; return whether it is the only one that was ever sent under it.

        It is noted before others are looked for: of two bodies at the same moment at least one is refused.
        """
        if self._others(account, key, body_sha256):
            return False
        row = [account, key, body_sha256, datetime.fromtimestamp(now_ms / 1000, UTC)]
        columns = ("account", "key", "body_sha256", "at")
        self._client.insert(f"{self._store}.send_key", [row], column_names=columns, settings=_SETTINGS)
        return not self._others(account, key, body_sha256)

    def _others(self, account: str, key: str, body_sha256: str) -> bool:
        text = (
            f"SELECT count() FROM {self._store}.send_key WHERE account = {{account:String}} AND key = {{key:String}} "  # noqa: S608
            "AND body_sha256 != {body_sha256:String}"
        )
        parameters = {"account": account, "key": key, "body_sha256": body_sha256}
        return bool(self._client.query(text, parameters=parameters).result_rows[0][0])
