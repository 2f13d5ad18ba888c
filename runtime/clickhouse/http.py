"""An asynchronous client of ClickHouse's HTTP interface, for whoever streams what it answers. Made here alone."""

from urllib.parse import unquote, urlsplit

import httpx

from runtime.clickhouse.client import CONNECT_TIMEOUT_S, password_of
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.tls import client_context


def http_client(clickhouse: ClickHouseSettings, *, timeout_s: float, connections_max: int) -> httpx.AsyncClient:
    """Return a client that posts statements to `/` as the settings' user.

    Args:
        clickhouse: which engine, as whom.
        timeout_s: how long the engine may be silent.
        connections_max: how many connections there may be.

    Raises:
        ConfigurationError: the password's file, or a certificate's, cannot be used.
    """
    parts = urlsplit(clickhouse.url)
    secure = parts.scheme == "https"
    port = parts.port or (8443 if secure else 8123)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    headers = {
        "X-ClickHouse-User": unquote(parts.username or "") or clickhouse.username,
        "X-ClickHouse-Key": unquote(parts.password or "") or password_of(clickhouse),
    }
    if not headers["X-ClickHouse-Key"] and clickhouse.cert_file is not None:
        headers = {"X-ClickHouse-User": headers["X-ClickHouse-User"], "X-ClickHouse-SSL-Certificate-Auth": "on"}
    return httpx.AsyncClient(
        base_url=f"{parts.scheme}://{host}:{port}",
        headers=headers,
        verify=client_context("CLICKHOUSE_", clickhouse.ca_file, clickhouse.cert_file, clickhouse.key_file)
        if secure
        else True,
        timeout=httpx.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S),
        limits=httpx.Limits(max_connections=connections_max, max_keepalive_connections=connections_max),
        trust_env=False,
    )
