-- Which body was sent under which Idempotency-Key: another body under the same key is refused, by whichever process is asked.
-- Rows of two bodies stand beside each other, so that no merge hides that there were two.

CREATE TABLE IF NOT EXISTS ${store}.send_key
(
    account LowCardinality(String),
    key String,
    body_sha256 String,
    at DateTime64(3, 'UTC') COMMENT 'When it was sent last'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (account, key, body_sha256)
TTL toDateTime(at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1
COMMENT 'One row an idempotency key and body of POST /api/v1/sends';
