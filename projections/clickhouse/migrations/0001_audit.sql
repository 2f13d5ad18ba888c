-- What happened, record by record. Each table sorts and partitions by the broker's own facts alone (append time,
-- partition, offset), which never change: a record inserted twice is one row, whatever a parser made of it.
-- Weeks, because thirty days of log always hold whole ones, so that a partition can be replaced from the log.

CREATE TABLE IF NOT EXISTS ${store}.webhook_request
(
    at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'Timestamp of the record in webhook.requests',
    log_partition UInt16 COMMENT 'Partition in webhook.requests',
    log_offset UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'Offset in webhook.requests',
    request_id String CODEC(ZSTD(1)) COMMENT 'Given on receipt: 32 hex digits, sortable by time',
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    answered_at Nullable(DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)) COMMENT 'NULL: the client hung up before the answer',
    method LowCardinality(String),
    path String CODEC(ZSTD(1)),
    source LowCardinality(String) COMMENT 'Empty: the path names no source',
    account LowCardinality(String),
    provider LowCardinality(String),
    remote_address String CODEC(ZSTD(1)),
    status UInt16 COMMENT 'HTTP status sent; 499: the client hung up',
    duration_us UInt64 CODEC(T64, ZSTD(1)) COMMENT 'Microseconds from first byte to answer',
    body_bytes UInt64 CODEC(T64, ZSTD(1)),
    sha256 String CODEC(ZSTD(1)) COMMENT 'Hex SHA-256 of the body as received; empty: not read whole',
    events UInt32 CODEC(T64, ZSTD(1)) COMMENT 'Records made of the body, the whole batch not counted',
    stored LowCardinality(String) COMMENT 'log, spool or nowhere',
    refusal LowCardinality(String) COMMENT 'Empty: taken',
    INDEX by_request_id request_id TYPE bloom_filter GRANULARITY 1,
    INDEX by_received_at received_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toMonday(at)
ORDER BY (toStartOfHour(at), log_partition, log_offset)
TTL toDateTime(at) + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000, fsync_after_insert = 1
COMMENT 'One row an HTTP request and the answer really given (topic webhook.requests)';

CREATE TABLE IF NOT EXISTS ${store}.webhook_raw
(
    at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'Append time: the broker''s clock',
    log_partition UInt16 COMMENT 'Partition in webhook.raw',
    log_offset UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'Offset in webhook.raw',
    key String CODEC(ZSTD(1)) COMMENT 'account/message id, account/connection id, or the request id',
    request_id String CODEC(ZSTD(1)),
    event_index Int32 CODEC(ZSTD(1)) COMMENT 'Which event of the body; -1: the whole body of several',
    kind LowCardinality(String) COMMENT 'single, part or batch; empty: headers could not be read',
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    source LowCardinality(String),
    account LowCardinality(String),
    provider LowCardinality(String),
    content_type LowCardinality(String),
    selected Array(LowCardinality(String)) COMMENT 'Statuses the source selected then; [''*'']: all',
    split_version UInt16,
    relay String CODEC(ZSTD(3)) COMMENT 'The request''s own headers and query, where the source relays them',
    payload String CODEC(ZSTD(3)) COMMENT 'The bytes',
    INDEX by_request_id request_id TYPE bloom_filter GRANULARITY 1,
    INDEX by_key key TYPE bloom_filter GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toMonday(at)
ORDER BY (toStartOfHour(at), log_partition, log_offset)
TTL toDateTime(at) + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000, fsync_after_insert = 1
COMMENT 'One row a record of the raw log (topic webhook.raw)';

CREATE TABLE IF NOT EXISTS ${store}.message_event
(
    at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'Append time of the raw record',
    generation UInt32,
    log_partition UInt16 COMMENT 'Partition of the raw record',
    log_offset UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'Offset of the raw record',
    event_id String CODEC(ZSTD(1)),
    request_id String CODEC(ZSTD(1)),
    event_index Int32 CODEC(ZSTD(1)),
    source LowCardinality(String),
    account LowCardinality(String),
    provider LowCardinality(String),
    connection_id String CODEC(ZSTD(1)),
    message_id String CODEC(ZSTD(1)),
    status LowCardinality(String),
    provider_status LowCardinality(String) COMMENT 'The provider''s own word',
    outcome LowCardinality(String) COMMENT 'advanced or filled',
    occurred_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    time_source LowCardinality(String) COMMENT 'provider, envelope or received',
    absurd_time Bool,
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    recipient String CODEC(ZSTD(1)),
    recipient_kind LowCardinality(String),
    participant String CODEC(ZSTD(1)),
    client_ref String CODEC(ZSTD(1)),
    provider_event_id String CODEC(ZSTD(1)),
    aliases Array(String) CODEC(ZSTD(1)),
    campaign String CODEC(ZSTD(1)),
    pricing LowCardinality(String),
    error_category LowCardinality(String),
    error_code LowCardinality(String),
    error_title String CODEC(ZSTD(1)),
    error_detail String CODEC(ZSTD(1)),
    INDEX by_message_id message_id TYPE bloom_filter GRANULARITY 1,
    INDEX by_client_ref client_ref TYPE bloom_filter GRANULARITY 1,
    INDEX by_recipient recipient TYPE bloom_filter GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toMonday(at)
ORDER BY (toStartOfHour(at), generation, log_partition, log_offset)
TTL toDateTime(at) + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000, fsync_after_insert = 1
COMMENT 'One row a distinct event of a message (topic message.events)';

CREATE TABLE IF NOT EXISTS ${store}.connection_event
(
    at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'Append time of the raw record',
    generation UInt32,
    log_partition UInt16 COMMENT 'Partition of the raw record',
    log_offset UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'Offset of the raw record',
    event_id String CODEC(ZSTD(1)),
    request_id String CODEC(ZSTD(1)),
    event_index Int32 CODEC(ZSTD(1)),
    source LowCardinality(String),
    account LowCardinality(String),
    provider LowCardinality(String),
    connection_id String CODEC(ZSTD(1)),
    status LowCardinality(String) COMMENT 'connected, disconnected or logout',
    provider_status LowCardinality(String) COMMENT 'The provider''s own word',
    outcome LowCardinality(String) COMMENT 'advanced or filled',
    occurred_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    time_source LowCardinality(String) COMMENT 'provider, envelope or received',
    absurd_time Bool,
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    provider_event_id String CODEC(ZSTD(1)),
    reason String CODEC(ZSTD(1)) COMMENT 'Why it closed, in the provider''s word'
)
ENGINE = ReplacingMergeTree
PARTITION BY toMonday(at)
ORDER BY (toStartOfHour(at), generation, log_partition, log_offset)
TTL toDateTime(at) + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000, fsync_after_insert = 1
COMMENT 'One row a distinct event of a connection (topic connection.events)';

CREATE TABLE IF NOT EXISTS ${store}.webhook_set_aside
(
    at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'Append time of the raw record',
    generation UInt32,
    log_partition UInt16 COMMENT 'Partition of the raw record',
    log_offset UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'Offset of the raw record',
    key String CODEC(ZSTD(1)),
    outcome LowCardinality(String) COMMENT 'repeat, overflow, unselected, ignored, unmapped or quarantined',
    why String CODEC(ZSTD(1)),
    kind LowCardinality(String) COMMENT 'For ignored: what it is instead of a status',
    source LowCardinality(String),
    account LowCardinality(String),
    provider LowCardinality(String),
    request_id String CODEC(ZSTD(1)),
    event_index Int32 CODEC(ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    event_id String CODEC(ZSTD(1)) COMMENT 'Where one could be read',
    INDEX by_key key TYPE bloom_filter GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toMonday(at)
ORDER BY (toStartOfHour(at), generation, log_partition, log_offset)
TTL toDateTime(at) + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000, fsync_after_insert = 1
COMMENT 'One row a raw record that made no new event (topic webhook.set_aside)';

CREATE TABLE IF NOT EXISTS ${store}.projection_set_aside
(
    at DateTime64(3, 'UTC') COMMENT 'Timestamp of the record',
    topic LowCardinality(String),
    log_partition UInt16 COMMENT 'Partition in that topic',
    log_offset UInt64 COMMENT 'Offset in that topic',
    why String,
    key String,
    value String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree
PARTITION BY toMonday(at)
ORDER BY (at, topic, log_partition, log_offset)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1
COMMENT 'Records the projections could not turn into rows; kept until somebody looks';
