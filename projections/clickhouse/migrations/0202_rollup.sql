-- Counts of messages by quarter of an hour (UTC, of the message's own time; every time zone's days begin at one) and by what
-- they are counted by. A week's rows (by anchor_day) are recounted whole when something of it changed, and replaced at
-- once, never added to: a replay, a late record, a changed campaign or a repair cannot make them wrong
-- (projections/rollup.py). It takes the place of funnel_slot, which recounted all history every five minutes.

CREATE TABLE IF NOT EXISTS ${store}.message_slot
(
    anchor_week Date COMMENT 'Monday of the anchor_day of the messages counted',
    basis String COMMENT 'What had been inserted of the week when it was counted',
    refreshed_at DateTime64(3, 'UTC'),
    slot DateTime('UTC') COMMENT 'Quarter of an hour that the messages'' own time is in',
    account LowCardinality(String),
    provider LowCardinality(String),
    sources Array(String),
    connection_id String,
    campaign String,
    to_group Bool,
    failure_status LowCardinality(String),
    failure_category LowCardinality(String),
    failure_code LowCardinality(String),
    billable Nullable(Bool),
    price_type LowCardinality(String),
    price_category LowCardinality(String),
    price_model LowCardinality(String),
    messages UInt64,
    queued UInt64,
    created UInt64,
    sent UInt64,
    delivered UInt64,
    read UInt64,
    error UInt64,
    expired UInt64,
    number_not_found UInt64,
    failed UInt64,
    open UInt64,
    conflict UInt64,
    delivered_inferred UInt64
)
ENGINE = MergeTree
PARTITION BY anchor_week
ORDER BY (slot, account)
TTL anchor_week + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1
COMMENT 'Messages counted ahead, a week replaced whole when it changed';
