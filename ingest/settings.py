"""Every setting of ingest: read once from the environment, units in the names."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from msgspec import Meta

from runtime import settings
from runtime.kafka.settings import KafkaSettings
from runtime.setting_types import Bytes, Count, Host, Milliseconds, Networks, OptionalPort, Port, Workers
from runtime.shared_settings import SHARED, ConfigFile, DataDir, LogLevel, PublicUrl, SecretsFile
from schemas.errors import ConfigurationError
from schemas.topics import MAX_RECORD_BYTES

PREFIX: Final = "RECIBO_INGEST_"
KIB: Final = 1024
MIB: Final = 1024 * 1024
_ENVELOPE_BYTES_MAX: Final = 256 * KIB
"""Room a record needs beside its value: key, headers, batch header."""
BODY_BYTES_MAX: Final = MAX_RECORD_BYTES - _ENVELOPE_BYTES_MAX
_PORT_MAX: Final = 65_535

Compression = Literal["zstd", "lz4", "snappy", "gzip", "none"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How one deployment of ingest runs."""

    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    """The cluster: KAFKA_… and RECIBO_TOPIC_PREFIX."""
    config_file: ConfigFile = SHARED.config_file
    """The sources; read again when it changes, or on SIGHUP."""
    secrets_file: SecretsFile = SHARED.secrets_file
    """Lines NAME=value, read with the sources, so that a new source's secret needs no restart."""
    data_dir: DataDir = SHARED.data_dir
    """The spool lives in `ingest/spool` under it."""
    public_url: PublicUrl = SHARED.public_url
    """What providers call, e.g. https://hooks.example.com; needed where the URL is signed."""
    log_level: LogLevel = SHARED.log_level
    """The least level that is logged."""

    host: Host = "127.0.0.1"
    """Address to listen on; 0.0.0.0 for all."""
    port: Port = 8080
    """Port to listen on."""
    workers: Workers = 1
    """Processes that share the port."""
    metrics_host: Host = "127.0.0.1"
    """Address of the private port."""
    metrics_port: OptionalPort = 9190
    """Of /metrics, /healthz and /readyz; with several workers, worker i's is this + i. 0: none."""
    public_health: bool = False
    """Answer those on the public port too, as releases before 0.2 did; will go."""
    tls_cert_file: str = ""
    """PEM certificate chain; with it, HTTPS only."""
    tls_key_file: str = ""
    """PEM private key of the certificate."""
    tls_handshake_ms_max: Milliseconds = 3_000
    """From a connection's first moment until its TLS handshake is done."""
    trusted_proxies: Networks = ()
    """Networks whose X-Forwarded-For, and client-certificate headers, are believed; comma-separated."""

    body_bytes_max: Annotated[int, Meta(ge=1, le=BODY_BYTES_MAX)] = 3 * MIB
    """Of one body, as received and after decompression. Meta sends up to 3 MB."""
    headers_count_max: Count = 100
    """Of one request; more is answered 431."""
    headers_bytes_max: Bytes = 32 * KIB
    """Names and values of one request's headers, and its URL."""
    headers_ms_max: Milliseconds = 5_000
    """From a connection's or request's first byte until its headers are there."""
    request_ms_max: Milliseconds = 9_000
    """From a request's first byte until its whole body is there."""
    connections_max: Count = 4_000
    """Open at once in one worker, those in a TLS handshake included. For one more, one that is idle or has authenticated
    nothing is closed; where none is, the new one is answered 503."""
    connections_of_address_max: Count = 1_000
    """The same for one IPv4 address or one /64 of IPv6; trusted proxies have no such limit."""
    in_flight_requests_max: Count = 2_000
    """Authenticated and being stored at once in one worker; more is answered 503."""
    in_flight_bytes_max: Bytes = 128 * MIB
    """Of bodies being read or stored; more is answered 503."""
    auth_failures_per_minute_max: Count = 60
    """From one address at one source; failures above it are answered 429 and their connection is closed."""

    kafka_deadline_ms: Milliseconds = 500
    """A record not acknowledged by then is spooled."""
    kafka_failures_max: Count = 2
    """Consecutive batches of a partition that miss the deadline before its records go to the spool at once."""
    kafka_retry_ms: Milliseconds = 500
    """Between attempts to reach Kafka, or a partition that answers and takes nothing, again."""
    kafka_linger_ms: Annotated[float, Meta(ge=0, le=60_000)] = 1.0
    """How long a batch waits for company; those of all partitions leave together."""
    kafka_batch_bytes_max: Bytes = 1 * MIB
    """Of one partition, before compression; a larger batch is not waited for."""
    kafka_queue_bytes_max: Bytes = 64 * MIB
    """Waiting for one partition; more is spooled."""
    kafka_compression: Compression = "zstd"
    """How batches of records are compressed."""

    spool_bytes_max: Bytes = 1024 * MIB
    """On disk, of one worker; more is answered 503."""
    spool_segment_bytes: Bytes = 16 * MIB
    """Size from which a file of the spool is closed; a file is deleted once all of it is acknowledged."""
    spool_drain_share: Annotated[float, Meta(gt=0, le=1)] = 0.5
    """Part of the time that may go into emptying the spool while new posts go straight to Kafka."""

    request_log_linger_ms: Milliseconds = 20
    """Records of answered requests are written in batches this far apart."""
    refused_per_second_max: Annotated[int, Meta(ge=0, le=1_000_000)] = 50
    """Requests that were not taken (refused, or hung up) recorded, a second; above it they are only counted."""
    shutdown_ms_max: Milliseconds = 8_000
    """On SIGTERM: how long requests in flight may take."""

    def __post_init__(self) -> None:
        if bool(self.tls_cert_file) != bool(self.tls_key_file):
            raise ConfigurationError(f"{PREFIX}TLS_CERT_FILE and {PREFIX}TLS_KEY_FILE: set both, or neither")
        for name, file in (("TLS_CERT_FILE", self.tls_cert_file), ("TLS_KEY_FILE", self.tls_key_file)):
            if file and not os.access(file, os.R_OK):
                raise ConfigurationError(f"{PREFIX}{name}={file}: there is no such file, or it may not be read")
        if self.metrics_port + self.workers - 1 > _PORT_MAX:
            raise ConfigurationError(
                f"{PREFIX}METRICS_PORT={self.metrics_port} and {PREFIX}WORKERS={self.workers}: "
                f"the last worker's port would be above {_PORT_MAX}; choose a lower port"
            )


def from_environ(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that the environment gives. Raises ConfigurationError naming the variable."""
    return settings.from_environ(Settings, PREFIX, environ)
