"""Every setting of the API: read once from the environment, units in the names."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final

from msgspec import Meta

from runtime import settings
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.settings import KafkaSettings
from runtime.setting_types import Bytes, Count, Host, Milliseconds, Port, Seconds
from runtime.shared_settings import SHARED, LogLevel
from schemas.errors import ConfigurationError

PREFIX: Final = "RECIBO_API_"


@dataclass(frozen=True, slots=True)
class Settings:
    """How the API runs."""

    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    """The cluster: KAFKA_… and RECIBO_TOPIC_PREFIX."""
    clickhouse: ClickHouseSettings = field(default_factory=ClickHouseSettings)
    """The engine: CLICKHOUSE_…; its user reads, and is granted the roles analyst, analyst_numbers and operator."""
    log_level: LogLevel = SHARED.log_level
    """The least level that is logged."""

    host: Host = "127.0.0.1"
    """Address of the API; 0.0.0.0 for all. Never the webhooks' host name: put it behind another, with TLS."""
    port: Port = 8090
    """Of the API."""
    metrics_host: Host = "127.0.0.1"
    """Address of the metrics port; 0.0.0.0 for all."""
    metrics_port: Port = 9204
    """Of /metrics, /healthz and /readyz."""
    uses_roles: bool = True
    """Whether queries run under a role of ClickHouse, where it keeps any: then this user is to be granted them."""
    query_s_max: Seconds = 10
    """Of one query."""
    query_bytes_max: Bytes = 1024 * 1024 * 1024
    """Memory of one query."""
    export_s_max: Seconds = 300
    """Of one export."""
    export_rows_max: Count = 5_000_000
    """Rows of one export."""
    days_max: Annotated[int, Meta(ge=1, le=1_000)] = 92
    """Days that one question may span."""
    queries_max: Annotated[int, Meta(ge=1, le=1_000)] = 8
    """Queries that run at once; further ones wait."""
    waiting_max: Annotated[int, Meta(ge=0, le=10_000)] = 64
    """Requests that wait for their turn; further ones are answered 503."""
    exports_max: Annotated[int, Meta(ge=1, le=100)] = 2
    """Exports that run at once."""
    requests_of_token_max: Annotated[int, Meta(ge=1, le=1_000)] = 16
    """Requests of one token under way at once."""
    token_rate_per_minute: Count = 3_000
    """Requests of one token a minute."""
    token_burst: Count = 300
    """Of which so many may come at once."""
    body_bytes_max: Bytes = 8 * 1024 * 1024
    """Of one request."""
    writes_max: Annotated[int, Meta(ge=1, le=100)] = 2
    """Requests that write at once; as many wait."""
    table_s_max: Seconds = 20
    """Until the tables have what a request wrote to Kafka: further waiting is the caller's, who asks again."""
    connections_max: Count = 512
    """Open connections."""
    headers_ms_max: Milliseconds = 10_000
    """Until a request has come, from the first byte of its connection or the answer before."""
    write_ms_max: Milliseconds = 30_000
    """Until a client has taken a piece of an answer."""
    tokens_ms_max: Milliseconds = 60_000
    """Tokens that Kafka has not confirmed for so long count no more: one may be revoked."""
    look_ms_max: Milliseconds = 5_000
    """Until a look at numbers or payloads is acknowledged."""

    def __post_init__(self) -> None:
        if self.exports_max >= self.queries_max > 1:
            raise ConfigurationError(
                f"{PREFIX}EXPORTS_MAX={self.exports_max} leaves no room beside exports in {PREFIX}QUERIES_MAX="
                f"{self.queries_max}: choose a lower one"
            )


def from_environ(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that the environment gives. Raises ConfigurationError naming the variable."""
    return settings.from_environ(Settings, PREFIX, environ)
