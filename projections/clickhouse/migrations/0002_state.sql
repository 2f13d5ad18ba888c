-- What is true. The engine is the fold: every column joins as schemas/message_state.py does (least, greatest,
-- bitwise or, union), so a state inserted twice, late or out of order changes nothing.
-- No index on a folded column: it would hide the partial rows that do not match. Look ids up in message_alias,
-- references and numbers in message_event.
-- anchor_day is pinned when a state begins and never folded: a message's rows meet in one partition.

CREATE TABLE IF NOT EXISTS ${store}.message_state
(
    anchor_day Date COMMENT 'UTC day of the append time of the first record folded in',
    account LowCardinality(String),
    message_id String CODEC(ZSTD(1)),
    anchor_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)),
    last_event_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)) COMMENT 'Append time of the last distinct event',
    seen SimpleAggregateFunction(groupBitOr, UInt32) COMMENT 'Statuses seen: queued 1, created 2, sent 4, error 8, expired 16, number_not_found 32, delivered 64, read 128',
    queued_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))) CODEC(ZSTD(1)),
    created_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))) CODEC(ZSTD(1)),
    sent_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))) CODEC(ZSTD(1)),
    error_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))) CODEC(ZSTD(1)),
    expired_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))) CODEC(ZSTD(1)),
    number_not_found_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))) CODEC(ZSTD(1)),
    delivered_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))) CODEC(ZSTD(1)),
    read_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))) CODEC(ZSTD(1)),
    first_received_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    last_received_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    provider SimpleAggregateFunction(max, LowCardinality(String)),
    sources SimpleAggregateFunction(groupUniqArrayArray, Array(String)) CODEC(ZSTD(1)),
    connection_id SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
    recipient SimpleAggregateFunction(max, Tuple(number String, kind String)) CODEC(ZSTD(1)),
    client_ref SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
    campaign SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
    pricing SimpleAggregateFunction(max, LowCardinality(String)),
    aliases SimpleAggregateFunction(groupUniqArrayArray, Array(String)) CODEC(ZSTD(1)),
    failure SimpleAggregateFunction(min, Tuple(rank Int8, category String, code String, title String)) CODEC(ZSTD(1)) COMMENT 'Least of (-rank, category, code, title); rank 0: no failure',
    absurd_time SimpleAggregateFunction(max, Bool)
)
ENGINE = AggregatingMergeTree
PARTITION BY toMonday(anchor_day)
ORDER BY (anchor_day, account, message_id)
TTL anchor_day + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000, fsync_after_insert = 1,
    min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1
COMMENT 'One row a state of a message, folded by the engine (topic message.state)';

CREATE TABLE IF NOT EXISTS ${store}.message_alias
(
    id_hash UInt32 MATERIALIZED CRC32(concat(account, '/', id)) COMMENT 'Narrows a search by id; computable anywhere',
    account LowCardinality(String),
    id String CODEC(ZSTD(1)) COMMENT 'An id the message goes by; its own is among them',
    message_id String CODEC(ZSTD(1)),
    anchor_day Date
)
ENGINE = ReplacingMergeTree
PARTITION BY toMonday(anchor_day)
ORDER BY (id_hash, account, id, message_id, anchor_day)
TTL anchor_day + INTERVAL 400 DAY
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000, fsync_after_insert = 1
COMMENT 'Every id of every state: the way from any id to its messages';

CREATE TABLE IF NOT EXISTS ${store}.message_link
(
    account LowCardinality(String),
    id String COMMENT 'An id that leads to several states',
    message_id String,
    anchor_day Date
)
ENGINE = ReplacingMergeTree
PARTITION BY toMonday(anchor_day)
ORDER BY (account, id, message_id, anchor_day)
TTL anchor_day + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000, fsync_after_insert = 1
COMMENT 'The rows of message_alias whose id leads to more than one state: what the views merge';

CREATE TABLE IF NOT EXISTS ${store}.connection_state
(
    anchor_day Date COMMENT 'UTC day of the append time of the first record folded in',
    account LowCardinality(String),
    connection_id String,
    anchor_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    last_event_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    latest SimpleAggregateFunction(max, Tuple(at DateTime64(3, 'UTC'), rank UInt8, event_id String, status String, reason String)) COMMENT 'The report that counts: greatest (time, rank, event id)',
    connected_first_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))),
    connected_last_at SimpleAggregateFunction(max, Nullable(DateTime64(3, 'UTC'))),
    disconnected_first_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))),
    disconnected_last_at SimpleAggregateFunction(max, Nullable(DateTime64(3, 'UTC'))),
    logout_first_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))),
    logout_last_at SimpleAggregateFunction(max, Nullable(DateTime64(3, 'UTC'))),
    provider SimpleAggregateFunction(max, LowCardinality(String)),
    sources SimpleAggregateFunction(groupUniqArrayArray, Array(String))
)
ENGINE = AggregatingMergeTree
PARTITION BY toMonday(anchor_day)
ORDER BY (anchor_day, account, connection_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1
COMMENT 'One row a state of a connection, folded by the engine (topic connection.state)';
