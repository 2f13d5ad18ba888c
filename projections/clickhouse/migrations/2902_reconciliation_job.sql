-- Reconciliations that a process makes while its caller waits elsewhere: whoever is asked knows how each stands.

CREATE TABLE IF NOT EXISTS ${store}.reconciliation_job
(
    account LowCardinality(String),
    run String,
    state LowCardinality(String) COMMENT 'running or failed; one that is finished is a row of reconciliation_run',
    why String COMMENT 'What ended it, where it failed',
    at DateTime64(3, 'UTC') COMMENT 'Noted again every few seconds while it runs'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (account, run)
TTL toDateTime(at) + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1
COMMENT 'One row a reconciliation that was asked for by the API';
