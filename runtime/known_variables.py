"""Every `RECIBO_…` variable that a process or the command line reads, and a warning of those that nobody does.

A stage knows its own settings and may not import another's, so the list stands here; a test compares it with the
settings of all stages and the options of all commands.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import structlog

from runtime.shared_settings import SHARED

_PREFIX: Final = "RECIBO_"
_SECRET: Final = "RECIBO_SECRET_"  # noqa: S105 - how names of secrets' variables begin
_NEAR: Final = 0.6
"""How alike two names are, from 0 to 1 and without the prefix, where one is proposed for the other."""

INTERNAL: Final = {
    "RECIBO_INGEST_WORKER": "The number of a worker, set by the supervisor of ingest for each of its workers.",
    "RECIBO_INGEST_SOCKET_FD": "The listening socket that such a worker inherits.",
    "RECIBO_REPAIR_GENERATION": "The generation for which `recibo repair` runs processors of its own, beside the live ones.",
    "RECIBO_CRASH_AT": "Tests only: the step of a batch at which a worker kills itself.",
}
"""Set by our own processes for one another, never by people: variable → meaning."""

_GONE: Final = frozenset({"RECIBO_GENERATION"})
"""Read by nothing any more; who would have read it says what to do (`runtime/kafka/live_generation.py`)."""

_SHARED: Final = (
    "RECIBO_CLICKHOUSE_ACCEPTS_UNPROVEN",
    "RECIBO_CLICKHOUSE_CLUSTER",
    "RECIBO_CLICKHOUSE_REPLICAS",
    "RECIBO_CLICKHOUSE_SHARDED",
    "RECIBO_CLICKHOUSE_TIME_ZONE",
    "RECIBO_CLICKHOUSE_TOPOLOGY",
    "RECIBO_CLICKHOUSE_VIEWS",
    "RECIBO_CONFIG",
    "RECIBO_DATA_DIR",
    "RECIBO_LOG_LEVEL",
    "RECIBO_PUBLIC_URL",
    "RECIBO_RAW_TIMESTAMPS",
    "RECIBO_SECRETS_FILE",
    "RECIBO_TOPICS_RETENTION_DAYS",
    "RECIBO_TOPIC_PREFIX",
)
_COMMAND_LINE: Final = ("RECIBO_CLICKHOUSE_PORT", "RECIBO_KAFKA_PORT", "RECIBO_PARTITIONS")
_OF_STAGES: Final = {
    "RECIBO_INGEST_": """
        host port workers metrics_host metrics_port public_health tls_cert_file tls_key_file trusted_proxies body_bytes_max
        headers_count_max headers_bytes_max headers_ms_max request_ms_max connections_max connections_of_address_max
        tls_handshake_ms_max in_flight_requests_max in_flight_bytes_max auth_failures_per_minute_max kafka_deadline_ms kafka_failures_max kafka_retry_ms
        kafka_linger_ms kafka_batch_bytes_max kafka_queue_bytes_max kafka_compression spool_bytes_max
        spool_segment_bytes spool_drain_share request_log_linger_ms refused_per_second_max shutdown_ms_max
    """,
    "RECIBO_RELAY_": """
        metrics_host metrics_port allowed_networks post_ms_max concurrency waiting_max waiting_bytes_max
        backoff_ms_min backoff_ms_max refused_attempts_max failed_attempts_max new_url_back_ms
    """,
    "RECIBO_PROCESSORS_": """
        worker workers metrics_host metrics_port batch_records_max fetch_bytes_max in_flight_bytes_max
        lane_bytes_max produce_bytes_max hot_states_bytes hot_states_max store_cache_bytes store_write_buffer_bytes
        commit_interval_ms session_timeout_ms sweep_interval_s sweep_share_max unclear_per_minute_max oldest_batch_age_ms_max
    """,
    "RECIBO_PROJECTIONS_": """
        store group host metrics_port batch_rows_max batch_bytes_max batch_age_ms_max insert_timeout_s
        retry_pause_ms_min retry_pause_ms_max set_aside_ratio_max accepts_gaps raw_retention_days
        facts_retention_days sends_retention_days
    """,
    "RECIBO_API_": """
        host port metrics_host metrics_port uses_roles query_s_max query_bytes_max export_s_max export_rows_max days_max
        queries_max waiting_max exports_max requests_of_token_max token_rate_per_minute token_burst connections_max
        headers_ms_max write_ms_max tokens_ms_max look_ms_max body_bytes_max writes_max table_s_max
    """,
}

KNOWN: Final = frozenset(
    (
        *INTERNAL,
        *_SHARED,
        *_COMMAND_LINE,
        *(prefix + name.upper() for prefix, names in _OF_STAGES.items() for name in names.split()),
    )
)
_PROPOSED: Final = sorted(name.removeprefix(_PREFIX) for name in KNOWN - INTERNAL.keys())


def unknown_variables(names: Iterable[str], config_text: str) -> Iterator[tuple[str, str]]:
    """Yield (variable, the nearest known one or "") of each variable of ours that nobody reads. Pure.

    Args:
        names: the environment's variables.
        config_text: of `recibo.toml`: the variables of secrets that it names are known.
    """
    for name in sorted(names):
        if (
            name.startswith(_PREFIX)
            and not name.startswith(_SECRET)
            and name not in KNOWN | _GONE
            and name not in config_text
        ):
            near = get_close_matches(name.removeprefix(_PREFIX), _PROPOSED, 1, _NEAR)
            yield name, _PREFIX + near[0] if near else ""


def warn_of_unknown_variables(environ: Mapping[str, str] = os.environ) -> None:
    """Log a warning of each `RECIBO_…` variable that nobody reads; a supervised worker leaves that to its supervisor."""
    if environ.keys() & INTERNAL.keys():
        return
    try:
        path = Path(environ.get("RECIBO_CONFIG") or SHARED.config_file)
        config_text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:  # whoever needs the file says so
        config_text = ""
    for name, nearest in unknown_variables(environ, config_text):
        meant = f"; did you mean {nearest}?" if nearest else ""
        structlog.get_logger("settings").warning(f"{name} is set, and nothing reads it{meant}", variable=name)
