-- What reconciliations compared and found. A run is there when its row in reconciliation_run is, which is written last; what a
-- run that was broken off left in the other tables is shown nowhere. Ids and no numbers: these are joined when they are shown.

CREATE TABLE IF NOT EXISTS ${store}.reconciliation_candidate
(
    run String,
    made_day Date,
    manifest_number UInt16 COMMENT 'Place of the manifest among those of the run',
    row UInt64,
    step UInt8 COMMENT 'By what: 0 the message id, 1 an alias, from 2 on the declared keys',
    has_id Bool COMMENT 'Whether the row gives a message id',
    their_connection String CODEC(ZSTD(1)),
    sent_at Nullable(DateTime64(3, 'UTC')),
    anchor_day Date,
    message_id String CODEC(ZSTD(1)),
    status LowCardinality(String),
    seen UInt32,
    first_at DateTime64(3, 'UTC'),
    first_received_at DateTime64(3, 'UTC'),
    delivered_at Nullable(DateTime64(3, 'UTC')),
    provider LowCardinality(String),
    connection_id String CODEC(ZSTD(1)),
    campaign String CODEC(ZSTD(1)),
    number_differs Bool,
    is_erased Bool,
    billable Nullable(Bool),
    category LowCardinality(String)
)
ENGINE = MergeTree
PARTITION BY made_day
ORDER BY (run, manifest_number, row, step, anchor_day, message_id)
TTL made_day + INTERVAL 2 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 0
COMMENT 'Which messages each row of a run may mean, while the run is made';

CREATE TABLE IF NOT EXISTS ${store}.reconciliation_difference
(
    account LowCardinality(String),
    run String,
    made_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    class LowCardinality(String) COMMENT 'What became of the row: one of the twelve classes, matched among them',
    manifest LowCardinality(String) COMMENT 'Empty: a message without a row',
    row UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'Number of the row in the manifest; 0: a message without a row',
    anchor_day Date COMMENT 'Of the message; 1970-01-01: none',
    message_id String CODEC(ZSTD(1)) COMMENT 'Of the message, else as the row gives it',
    role LowCardinality(String),
    reference String CODEC(ZSTD(1)),
    found_by LowCardinality(String) COMMENT 'message_id, alias or the key; empty: no message',
    candidates UInt16 COMMENT 'Messages that it may mean; 17: more than 16',
    candidate_ids Array(String) CODEC(ZSTD(1)) COMMENT 'Where they are 2 to 16',
    differs Array(LowCardinality(String)) COMMENT 'All that row and message say differently',
    first_row UInt64 COMMENT 'Of a duplicate: the row that counts',
    send UInt64 COMMENT 'The same for all rows that mean one send, keyed by the run',
    place LowCardinality(String) COMMENT 'inside, border_in, border_out or outside the time compared',
    sent_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    first_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    delivered_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    due_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    their_status LowCardinality(String),
    status LowCardinality(String) COMMENT 'As callbacks say; empty: none came',
    seen UInt32,
    provider LowCardinality(String),
    their_connection String CODEC(ZSTD(1)),
    connection_id String CODEC(ZSTD(1)),
    their_campaign String CODEC(ZSTD(1)),
    campaign String CODEC(ZSTD(1)),
    billable Nullable(Bool),
    category LowCardinality(String),
    their_category LowCardinality(String),
    country LowCardinality(String),
    amount_micros Nullable(Int64),
    currency LowCardinality(String),
    cause LowCardinality(String) COMMENT 'logout, disconnected or unmapped; empty: none known',
    cause_from Nullable(DateTime64(3, 'UTC')),
    cause_until Nullable(DateTime64(3, 'UTC')),
    cause_count UInt64 COMMENT 'Bodies not understood in that time',
    in_sends Bool,
    in_callbacks Bool,
    in_provider Bool,
    in_invoice Bool
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(made_at)
ORDER BY (account, run, class, manifest, row, anchor_day, message_id)
TTL toDateTime(made_at) + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 0, fsync_after_insert = 1
COMMENT 'One row a compared row of a run, and one a message without a row';

CREATE TABLE IF NOT EXISTS ${store}.reconciliation_run
(
    account LowCardinality(String),
    run String COMMENT 'Id of the run',
    name String COMMENT 'As it is called: of several runs of one name the latest is meant',
    made_at DateTime64(3, 'UTC'),
    by String COMMENT 'Who made it',
    rows UInt64 COMMENT 'Rows compared',
    differences UInt64,
    record String CODEC(ZSTD(3)) COMMENT 'What was asked, with which thresholds, and the totals: JSON',
    version DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (account, run)
TTL toDateTime(made_at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1
COMMENT 'One row a finished reconciliation';

CREATE TABLE IF NOT EXISTS ${store}.reconciliation_acknowledgement
(
    account LowCardinality(String),
    class LowCardinality(String),
    subject String COMMENT 'Message id, else reference, else manifest/row of the difference',
    at DateTime64(3, 'UTC'),
    reason String,
    by String,
    is_withdrawn Bool
)
ENGINE = ReplacingMergeTree
ORDER BY (account, class, subject, at)
TTL toDateTime(at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1
COMMENT 'What people said of differences: the latest before a run is carried on into it';

CREATE TABLE IF NOT EXISTS ${store}.reconciliation_billed
(
    account LowCardinality(String),
    run String,
    line UInt32 COMMENT 'Place of the invoice''s line among those of the run, from 1',
    message_id String CODEC(ZSTD(1)),
    made_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(made_at)
ORDER BY (account, run, line, message_id)
TTL toDateTime(made_at) + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 0, fsync_after_insert = 1
COMMENT 'Which messages make up ours of an invoice''s line that differs';
