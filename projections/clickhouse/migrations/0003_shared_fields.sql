-- Columns for what is known of a message beyond its statuses: its own time, price, identities, line, template, and which
-- generation a row is of. Empty until an event says so; NULL and '' mean unknown, and so does 0 for a generation.
-- The folded ones join as schemas/message_state.py does. A status's first time is a receipt's where receipt_at has the very
-- same time for it: both are least times, so that a mask of them needs no fold of its own.

ALTER TABLE ${store}.message_event
    ADD COLUMN IF NOT EXISTS first_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)) COMMENT 'What it gives to its message''s own time',
    ADD COLUMN IF NOT EXISTS old_time Bool COMMENT 'The provider''s time was too long before receipt to count',
    ADD COLUMN IF NOT EXISTS receipt_times UInt32 COMMENT 'The bit of its status where occurred_at is the time of receipt',
    ADD COLUMN IF NOT EXISTS billable Nullable(Bool) COMMENT 'Whether the provider charges for it; NULL: not said',
    ADD COLUMN IF NOT EXISTS price_type LowCardinality(String),
    ADD COLUMN IF NOT EXISTS price_category LowCardinality(String),
    ADD COLUMN IF NOT EXISTS price_model LowCardinality(String),
    ADD COLUMN IF NOT EXISTS identities Array(Tuple(kind String, value String)) CODEC(ZSTD(1)) COMMENT 'Names of the recipient',
    ADD COLUMN IF NOT EXISTS line String CODEC(ZSTD(1)) COMMENT 'The recipient''s number in canonical form',
    ADD COLUMN IF NOT EXISTS template String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS seeded_from UInt32 COMMENT 'Generation that a row of a hand-over was taken from; 0: its own';

ALTER TABLE ${store}.connection_event
    ADD COLUMN IF NOT EXISTS old_time Bool COMMENT 'The provider''s time was too long before receipt to count',
    ADD COLUMN IF NOT EXISTS line String CODEC(ZSTD(1)) COMMENT 'The connection''s own number in canonical form',
    ADD COLUMN IF NOT EXISTS seeded_from UInt32 COMMENT 'Generation that a row of a hand-over was taken from; 0: its own';

ALTER TABLE ${store}.message_state
    ADD COLUMN IF NOT EXISTS generation SimpleAggregateFunction(max, UInt32) COMMENT 'Generation it was folded in; 0: not said',
    ADD COLUMN IF NOT EXISTS seeded_from SimpleAggregateFunction(max, UInt32) COMMENT 'Generation whose facts stand in for events older than the log; 0: none',
    ADD COLUMN IF NOT EXISTS first_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))) CODEC(ZSTD(1)) COMMENT 'The message''s own time; NULL: not known',
    ADD COLUMN IF NOT EXISTS old_time SimpleAggregateFunction(max, Bool),
    ADD COLUMN IF NOT EXISTS receipt_at SimpleAggregateFunction(minMap, Map(String, DateTime64(3, 'UTC'))) CODEC(ZSTD(1)) COMMENT 'Status → first time of it that is a time of receipt, of the statuses whose first time is one',
    ADD COLUMN IF NOT EXISTS billable SimpleAggregateFunction(max, Nullable(Bool)),
    ADD COLUMN IF NOT EXISTS price_type SimpleAggregateFunction(max, LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS price_category SimpleAggregateFunction(max, LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS price_model SimpleAggregateFunction(max, LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS identities SimpleAggregateFunction(groupUniqArrayArray, Array(Tuple(kind String, value String))) CODEC(ZSTD(1)) COMMENT 'All that states kept; the least 8 count',
    ADD COLUMN IF NOT EXISTS line SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS template SimpleAggregateFunction(max, String) CODEC(ZSTD(1));

ALTER TABLE ${store}.connection_state
    ADD COLUMN IF NOT EXISTS generation SimpleAggregateFunction(max, UInt32) COMMENT 'Generation it was folded in; 0: not said',
    ADD COLUMN IF NOT EXISTS seeded_from SimpleAggregateFunction(max, UInt32) COMMENT 'Generation whose facts stand in for events older than the log; 0: none',
    ADD COLUMN IF NOT EXISTS old_time SimpleAggregateFunction(max, Bool),
    ADD COLUMN IF NOT EXISTS line SimpleAggregateFunction(max, String) CODEC(ZSTD(1)) COMMENT 'The connection''s own number in canonical form';
