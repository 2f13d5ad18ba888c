"""Every metric of Recibo: its name, kind and meaning. Stages create only what is listed here."""

from typing import Final, Literal, NamedTuple


class Metric(NamedTuple):
    """A Prometheus metric as declared: kind, meaning, labels."""

    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    labels: tuple[str, ...] = ()


METRICS: Final[dict[str, Metric]] = {
    "recibo_ingest_requests_total": Metric(
        "counter", "HTTP requests by source and status answered", ("source", "status")
    ),
    "recibo_ingest_answer_seconds": Metric("histogram", "Time from a request's first byte read to its answer"),
    "recibo_ingest_bytes_total": Metric("counter", "Bytes of accepted bodies", ("source",)),
    "recibo_ingest_events_total": Metric("counter", "Events stored durably", ("source",)),
    "recibo_ingest_in_flight": Metric("gauge", "Requests being handled now"),
    "recibo_ingest_auth_failures_total": Metric(
        "counter", "Requests refused for a wrong or missing signature", ("source",)
    ),
    "recibo_ingest_unrecorded_requests_total": Metric("counter", "Answered requests whose record could not be written"),
    "recibo_ingest_connections": Metric("gauge", "Open connections"),
    "recibo_ingest_unrecorded_refusals_total": Metric(
        "counter", "Refusals of strangers whose record Kafka did not take: they have no room in the spool"
    ),
    "recibo_ingest_malformed_total": Metric("counter", "Requests refused before they could be routed", ("status",)),
    "recibo_ingest_kafka_connected": Metric("gauge", "1 while Kafka takes records, 0 while the spool does"),
    "recibo_ingest_spool_bytes": Metric("gauge", "Bytes waiting in this worker's spool"),
    "recibo_ingest_spool_age_seconds": Metric("gauge", "Age of the oldest bytes in this worker's spool"),
    "recibo_ingest_spool_kept_bytes": Metric(
        "gauge", "Bytes of this worker's spool that wait for an operator, by kind: refused, damaged, aside", ("kind",)
    ),
    "recibo_ingest_spool_troubles": Metric(
        "gauge",
        "Files and directories of the spool in trouble: stuck, foreign, undeletable, unadoptable, stray",
        ("what",),
    ),
    "recibo_ingest_spool_writable": Metric("gauge", "1 while the spool's disk takes bytes, 0 while it does not"),
    "recibo_ingest_partitions_away": Metric(
        "gauge", "Partitions whose records go to the spool while Kafka takes those of others"
    ),
    "recibo_ingest_refused_records_total": Metric("counter", "Records that Kafka refuses, kept in the spool"),
    "recibo_ingest_sender_failures_total": Metric("counter", "Senders of a partition that failed and began anew"),
    "recibo_ingest_reloads_total": Metric("counter", "Reloads of recibo.toml, by result", ("result",)),
    "recibo_processors_reloads_total": Metric("counter", "Reloads of recibo.toml, by result", ("result",)),
    "recibo_relay_reloads_total": Metric("counter", "Reloads of recibo.toml, by result", ("result",)),
    "recibo_processors_records_total": Metric("counter", "Raw records processed, by outcome", ("outcome",)),
    "recibo_processors_unclear_total": Metric("counter", "Raw records unmapped or quarantined, by source", ("source",)),
    "recibo_processors_alerts_total": Metric(
        "counter", "Alerts: too many records of a source not understood within a minute", ("source",)
    ),
    "recibo_processors_batches_total": Metric("counter", "Fetched batches acknowledged"),
    "recibo_processors_in_flight_records": Metric("gauge", "Raw records fetched and not yet acknowledged"),
    "recibo_processors_oldest_batch_seconds": Metric("gauge", "Age of the oldest unacknowledged batch"),
    "recibo_processors_hot_states_bytes": Metric("gauge", "What decoded states kept in memory take, about"),
    "recibo_processors_held_keys": Metric("gauge", "Keys held back since a record of theirs failed three times"),
    "recibo_processors_paused_partitions": Metric("gauge", "Partitions that pause after a failure"),
    "recibo_processors_stopped_sweeps": Metric(
        "gauge", "1 where the last sweep stopped: it would have deleted an implausible share", ("partition",)
    ),
    "recibo_processors_recovered_states_total": Metric("counter", "States copied from a changelog during recovery"),
    "recibo_projections_rows_total": Metric("counter", "Rows inserted", ("table",)),
    "recibo_projections_insert_seconds": Metric("histogram", "Time of one insert", ("table",)),
    "recibo_projections_lag_records": Metric("gauge", "Records not yet projected", ("topic",)),
    "recibo_projections_age_seconds": Metric(
        "gauge", "Age of the oldest record read and not yet projected; 0: none", ("topic",)
    ),
    "recibo_projections_retries_total": Metric("counter", "Inserts retried because the sink was unavailable"),
    "recibo_projections_ids_cut_total": Metric(
        "counter", "Ids of too many states, and names of too many people, that link nothing from then on"
    ),
    "recibo_projections_groups_cut_short_total": Metric(
        "counter", "Batches whose ids or names connect more than is followed"
    ),
    "recibo_projections_rollup_age_seconds": Metric(
        "gauge", "Time since the weeks that changed were counted; above 900: something keeps it from counting"
    ),
    "recibo_projections_links_mended_total": Metric("counter", "Ids grouped by the periodic look for missing links"),
    "recibo_projections_set_aside_total": Metric("counter", "Records that could not become rows", ("topic",)),
    "recibo_relay_attempts_total": Metric(
        "counter", "Webhooks posted on, by result: taken, refused, failed or forbidden", ("source", "host", "result")
    ),
    "recibo_relay_given_up_total": Metric("counter", "Webhooks that are posted on no more", ("source", "host")),
    "recibo_relay_waiting": Metric("gauge", "Webhooks read and not yet taken", ("source", "host")),
    "recibo_relay_lag_records": Metric("gauge", "Records of the raw log not yet looked at", ("source", "host")),
    "recibo_relay_oldest_seconds": Metric("gauge", "Age of the oldest webhook not yet taken", ("source", "host")),
    "recibo_api_requests_total": Metric("counter", "Requests by question and status answered", ("question", "status")),
    "recibo_api_answer_seconds": Metric(
        "histogram", "Time from a request to the last byte of its answer", ("question",)
    ),
    "recibo_api_waiting": Metric("gauge", "Requests that wait for their turn"),
    "recibo_api_looks_total": Metric("counter", "Looks at numbers or payloads noted, by scope", ("scope",)),
}
