"""The one place where clients of ClickHouse are made, over HTTP or HTTPS."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from runtime.clickhouse.settings import ClickHouseSettings
from runtime.secret_file import read_secret

CONNECT_TIMEOUT_S: Final = 5


def connect(
    clickhouse: ClickHouseSettings,
    *,
    database: str = "",
    timeout_s: int = 120,
    settings: dict[str, Any] | None = None,
    writes: bool = False,
) -> Client:
    """Return a client. Without a session, so several threads may share it.

    Args:
        clickhouse: which engine, as whom.
        database: where names without a database are looked up; "": that of the URL, or the user's default.
        timeout_s: how long one statement may take to answer.
        settings: ClickHouse settings sent with every statement.
        writes: whether writes follow from what is read: then nothing stored is missed, on replicas too.

    Raises:
        clickhouse_connect.driver.exceptions.Error: the engine cannot be reached.
        ConfigurationError: the password's file cannot be read.
    """
    parts = urlsplit(clickhouse.url)
    secure = parts.scheme == "https"
    password = unquote(parts.password or "") or password_of(clickhouse)
    return clickhouse_connect.get_client(
        host=parts.hostname,
        port=parts.port or (8443 if secure else 8123),
        username=unquote(parts.username or "") or clickhouse.username,
        password=password,
        secure=secure,
        database=database or parts.path.strip("/") or "__default__",
        compress="lz4",
        connect_timeout=CONNECT_TIMEOUT_S,
        send_receive_timeout=timeout_s,
        autogenerate_session_id=False,
        settings=(clickhouse.topology.writer_settings if writes else {}) | (settings or {}),
        ca_cert=_text(clickhouse.ca_file),
        client_cert=_text(clickhouse.cert_file),
        client_cert_key=_text(clickhouse.key_file),
        # else a certificate of ours is shown in place of the password: a server or a proxy may ask for both
        tls_mode="strict" if password else "mutual",
    )


def password_of(clickhouse: ClickHouseSettings) -> str:
    """Return the password that the settings hold or lead to. Raises ConfigurationError: its file cannot be read."""
    if clickhouse.password_file is None:
        return clickhouse.password
    return read_secret(clickhouse.password_file, "CLICKHOUSE_PASSWORD_FILE")


def _text(path: Path | None) -> str | None:
    return str(path) if path else None
