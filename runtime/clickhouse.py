"""The edge to ClickHouse: a client over HTTP, and which of its errors call for which response."""

from typing import Any, Final
from urllib.parse import unquote, urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client

CONNECT_TIMEOUT_S: Final = 5


def connect(url: str, *, timeout_s: int = 120, settings: dict[str, Any] | None = None) -> Client:
    """Return a client of the engine at `url`. Without a session, so several threads may share it.

    Args:
        url: `http(s)://[user:password@]host[:port]`.
        timeout_s: how long one statement may take to answer.
        settings: ClickHouse settings sent with every statement.

    Raises:
        clickhouse_connect.driver.exceptions.Error: the engine cannot be reached.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    return clickhouse_connect.get_client(
        host=parts.hostname,
        port=parts.port or (8443 if secure else 8123),
        username=unquote(parts.username or "default"),
        password=unquote(parts.password or ""),
        secure=secure,
        compress="lz4",
        connect_timeout=CONNECT_TIMEOUT_S,
        send_receive_timeout=timeout_s,
        autogenerate_session_id=False,
        settings=settings or {},
    )
