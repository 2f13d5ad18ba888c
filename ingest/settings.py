"""Every setting of ingest: read once from the environment, units in the names."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from dataclasses import field as field_
from pathlib import Path
from typing import Any, Final

from runtime import settings
from runtime.kafka.settings import KafkaSettings
from schemas.errors import ConfigurationError
from schemas.topics import MAX_RECORD_BYTES

KIB: Final = 1024
MIB: Final = 1024 * 1024
_ENVELOPE_BYTES_MAX: Final = 256 * KIB
"""Room a record needs beside its value: key, headers, batch header."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Settings:
    """How one deployment of ingest runs. `RECIBO_INGEST_` and the name in capitals sets a value, but for the first five."""

    kafka: KafkaSettings = field_(default_factory=KafkaSettings)
    """The cluster: KAFKA_… and RECIBO_TOPIC_PREFIX."""
    config_file: Path = Path("recibo.toml")
    """RECIBO_CONFIG: the sources; read again when it changes, or on SIGHUP."""
    secrets_file: Path | None = None
    """RECIBO_SECRETS_FILE: lines NAME=value, read with the sources, so that a new source's secret needs no restart."""
    data_dir: Path = Path(".recibo")
    """RECIBO_DATA_DIR: the spool lives in `ingest/spool` under it."""
    public_url: str = ""
    """RECIBO_PUBLIC_URL: what providers call, e.g. https://hooks.example.com; needed where the URL is signed."""

    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 for all."""
    port: int = 8080
    """Port to listen on."""
    workers: int = 1
    """Processes that share the port."""
    metrics_port: int = 0
    """With several workers, worker i also serves /metrics, /healthz and /readyz on this port + i; 0: no such ports."""
    tls_cert_file: str = ""
    """PEM certificate chain; with it, HTTPS only."""
    tls_key_file: str = ""
    """PEM private key of the certificate."""
    trusted_proxies: tuple[Network, ...] = ()
    """Networks whose X-Forwarded-For, and client-certificate headers, are believed; comma-separated."""

    body_bytes_max: int = 3 * MIB
    """Of one body, as received and after decompression. Meta sends up to 3 MB."""
    headers_count_max: int = 100
    """Of one request; more is answered 431."""
    headers_bytes_max: int = 32 * KIB
    """Names and values of one request's headers, and its URL."""
    headers_ms_max: int = 5_000
    """From a connection's or request's first byte until its headers are there."""
    request_ms_max: int = 9_000
    """From a request's first byte until its whole body is there."""
    connections_max: int = 4_000
    """Open at once in one worker; one more is answered 503 and closed."""
    in_flight_requests_max: int = 2_000
    """Being served at once in one worker; more is answered 503."""
    in_flight_bytes_max: int = 128 * MIB
    """Of bodies being read or stored; more is answered 503."""
    auth_failures_per_minute_max: int = 60
    """From one address at one source; failures above it are answered 429 and their connection is closed."""

    kafka_deadline_ms: int = 500
    """A record not acknowledged by then is spooled."""
    kafka_failures_max: int = 2
    """Consecutive batches of a partition that miss the deadline before Kafka counts as away and the producer is discarded."""
    kafka_retry_ms: int = 500
    """Between attempts to reach Kafka again."""
    kafka_linger_ms: float = 1.0
    """How long a batch waits for company; those of all partitions leave together."""
    kafka_batch_bytes_max: int = 1 * MIB
    """Of one partition, before compression; a larger batch is not waited for."""
    kafka_queue_bytes_max: int = 64 * MIB
    """Waiting for one partition; more is spooled."""
    kafka_compression: str = "zstd"
    """zstd, lz4, snappy, gzip or none."""

    spool_bytes_max: int = 1024 * MIB
    """On disk, of one worker; more is answered 503."""
    spool_segment_bytes: int = 16 * MIB
    """Size from which a file of the spool is closed; a file is deleted once all of it is acknowledged."""
    spool_drain_share: float = 0.5
    """Part of the time that may go into emptying the spool while new posts go straight to Kafka."""

    request_log_linger_ms: int = 20
    """Records of answered requests are written in batches this far apart."""
    refused_per_second_max: int = 50
    """Refused requests recorded, a second; above it they are only counted."""
    shutdown_ms_max: int = 8_000
    """On SIGTERM: how long requests in flight may take."""

    def __post_init__(self) -> None:
        if not 0 < self.body_bytes_max <= MAX_RECORD_BYTES - _ENVELOPE_BYTES_MAX:
            raise ConfigurationError(
                f"RECIBO_INGEST_BODY_BYTES_MAX={self.body_bytes_max}: a record of the raw log holds at most"
                f" {MAX_RECORD_BYTES} bytes; choose {MAX_RECORD_BYTES - _ENVELOPE_BYTES_MAX} or less"
            )
        if bool(self.tls_cert_file) != bool(self.tls_key_file):
            raise ConfigurationError("RECIBO_INGEST_TLS_CERT_FILE and …_TLS_KEY_FILE: set both, or neither")
        if not 0 < self.spool_drain_share <= 1:
            raise ConfigurationError(
                f"RECIBO_INGEST_SPOOL_DRAIN_SHARE={self.spool_drain_share}: choose above 0, up to 1"
            )


_OWN_NAMES: Final = {
    "config_file": "RECIBO_CONFIG",
    "secrets_file": "RECIBO_SECRETS_FILE",
    "data_dir": "RECIBO_DATA_DIR",
    "public_url": "RECIBO_PUBLIC_URL",
}


def variable_of(field_name: str) -> str:
    """Return the environment variable that sets a field."""
    return _OWN_NAMES.get(field_name, f"RECIBO_INGEST_{field_name.upper()}")


def from_environ(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that the environment gives.

    Raises:
        ConfigurationError: naming the variable, and what it should be.
    """
    given: dict[str, Any] = {"kafka": settings.from_environ(KafkaSettings, "", environ)}
    for field in fields(Settings):
        if field.name in given:
            continue
        variable = variable_of(field.name)
        text = environ.get(variable, "").strip()
        if text:
            try:
                given[field.name] = _read(field.name, text, type(field.default))
            except ValueError as error:
                raise ConfigurationError(f"{variable}={text!r}: {error}") from error
    return Settings(**given)


def _read(name: str, text: str, kind: type) -> Any:
    if name == "trusted_proxies":
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(","))
    if name == "secrets_file":
        return Path(text)
    return kind(text)
