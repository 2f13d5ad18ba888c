"""Whether ClickHouse answers now, asked within a bound and without a thread: a frozen engine takes connections and says nothing."""

import ssl
from typing import Final
from urllib.parse import urlsplit

import httpcore

from runtime.clickhouse.settings import ClickHouseSettings
from runtime.tls import client_context

_PATH: Final = "/ping"
_OK: Final = 200


async def why_away(clickhouse: ClickHouseSettings, timeout_s: float) -> str:
    """Return why the engine does not answer, "" where it does.

    Raises:
        ConfigurationError: a certificate's file cannot be used.
    """
    parts = urlsplit(clickhouse.url)
    secure = parts.scheme == "https"
    port = parts.port or (8443 if secure else 8123)
    url = httpcore.URL(scheme=parts.scheme.encode(), host=(parts.hostname or "").encode(), port=port, target=_PATH)
    timeouts = dict.fromkeys(("connect", "read", "write", "pool"), timeout_s)
    try:
        async with httpcore.AsyncConnectionPool(ssl_context=_context(clickhouse) if secure else None) as pool:
            answer = await pool.request("GET", url, extensions={"timeout": timeouts})
    except httpcore.TimeoutException:
        return f"ClickHouse does not answer within {timeout_s:g} s"
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        return f"ClickHouse does not answer: {str(error) or type(error).__name__}"
    return "" if answer.status == _OK else f"ClickHouse answers a ping with status {answer.status}"


def _context(clickhouse: ClickHouseSettings) -> ssl.SSLContext:
    return client_context("CLICKHOUSE_", clickhouse.ca_file, clickhouse.cert_file, clickhouse.key_file)
