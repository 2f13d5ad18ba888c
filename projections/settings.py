"""Settings of the projections, read once from the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from schemas.errors import ConfigurationError

STORE: Final = "recibo_store"
"""Database of the tables."""
VIEWS: Final = "recibo"
"""Database of the views: what data teams are granted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the projections need to know; see docs/settings.md for each variable's meaning."""

    kafka_bootstrap_servers: str = "127.0.0.1:9092"
    clickhouse_url: str = "http://127.0.0.1:8123"
    """`http(s)://[user:password@]host:port`."""
    generation: int = 1
    """Which derived topics are read (`message.state.g1`)."""
    database: str = STORE
    """RECIBO_PROJECTIONS_STORE: database the rows go to; a rebuild writes into a shadow of it."""
    group: str = "recibo-projections"
    """Prefix of the consumer groups, one a topic."""
    host: str = "127.0.0.1"
    metrics_port: int = 9202
    batch_rows_max: int = 50_000
    batch_bytes_max: int = 32 * 1024 * 1024
    """Bytes of record values in one batch."""
    batch_age_ms_max: int = 200
    """How long the first record of a batch waits for company: bounds how late a quiet tail is."""
    insert_timeout_s: int = 120
    retry_pause_ms_min: int = 200
    retry_pause_ms_max: int = 15_000
    """Pause before an insert is tried again: doubles from the least to the greatest."""
    set_aside_ratio_max: float = 0.01
    """Share of a batch that may be unusable; more stops the lane, since then the fault is not the records'."""
    accepts_gaps: bool = False
    """Go on where records were deleted before they were read. For one start, after looking at what is missing."""
    raw_retention_days: int = 90
    """How long payloads and requests are kept in ClickHouse."""
    facts_retention_days: int = 400
    """How long events, outcomes and states are kept in ClickHouse."""


def from_environ(environ: Mapping[str, str]) -> Settings:
    """Read the settings from environment variables; one that is absent keeps its default.

    Raises:
        ConfigurationError: a value of the wrong kind or out of range; the message names the variable.
    """
    default = Settings()
    url = environ.get("CLICKHOUSE_URL", default.clickhouse_url)
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise ConfigurationError(
            f"CLICKHOUSE_URL is {url!r}: write http://host:port or https://user:password@host:port"
        )
    prefix = "RECIBO_PROJECTIONS_"
    return Settings(
        kafka_bootstrap_servers=environ.get("KAFKA_BOOTSTRAP_SERVERS", default.kafka_bootstrap_servers),
        clickhouse_url=url,
        generation=_whole(environ, "RECIBO_GENERATION", default.generation, 1, 1_000_000),
        database=_name(environ, prefix + "STORE", default.database),
        group=environ.get(prefix + "GROUP", default.group),
        host=environ.get(prefix + "HOST", default.host),
        metrics_port=_whole(environ, prefix + "METRICS_PORT", default.metrics_port, 0, 65_535),
        batch_rows_max=_whole(environ, prefix + "BATCH_ROWS_MAX", default.batch_rows_max, 1, 1_000_000),
        batch_bytes_max=_whole(environ, prefix + "BATCH_BYTES_MAX", default.batch_bytes_max, 1024, 1 << 30),
        batch_age_ms_max=_whole(environ, prefix + "BATCH_AGE_MS_MAX", default.batch_age_ms_max, 1, 60_000),
        insert_timeout_s=_whole(environ, prefix + "INSERT_TIMEOUT_S", default.insert_timeout_s, 1, 3600),
        retry_pause_ms_min=_whole(environ, prefix + "RETRY_PAUSE_MS_MIN", default.retry_pause_ms_min, 1, 60_000),
        retry_pause_ms_max=_whole(environ, prefix + "RETRY_PAUSE_MS_MAX", default.retry_pause_ms_max, 1, 600_000),
        set_aside_ratio_max=_share(environ, prefix + "SET_ASIDE_RATIO_MAX", default.set_aside_ratio_max),
        accepts_gaps=environ.get(prefix + "ACCEPTS_GAPS", "0") == "1",
        raw_retention_days=_whole(environ, prefix + "RAW_RETENTION_DAYS", default.raw_retention_days, 1, 36_500),
        facts_retention_days=_whole(environ, prefix + "FACTS_RETENTION_DAYS", default.facts_retention_days, 1, 36_500),
    )


def _name(environ: Mapping[str, str], name: str, default: str) -> str:
    text = environ.get(name, default)
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", text):
        raise ConfigurationError(f"{name} is {text!r}: write a database name of lower-case letters, digits and _")
    return text


def _whole(environ: Mapping[str, str], name: str, default: int, least: int, greatest: int) -> int:
    text = environ.get(name)
    if text is None:
        return default
    try:
        value = int(text)
    except ValueError:
        raise ConfigurationError(f"{name} is {text!r}: write a whole number") from None
    if not least <= value <= greatest:
        raise ConfigurationError(f"{name} is {value}: write a number from {least} to {greatest}")
    return value


def _share(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        raise ConfigurationError(f"{name} is {text!r}: write a number from 0 to 1") from None
    if not 0 <= value <= 1:
        raise ConfigurationError(f"{name} is {text}: write a number from 0 to 1")
    return value
