-- Which states are one message, decided when they are linked (projections/link.py) and looked up by the views.
-- Edges (message_alias, and state_alias the other way round) are immutable and inserted first. alias_hash says in few bytes
-- which ids lead to several states: it has one partition a year, so a look-up costs what its batch costs, not what history
-- costs. It may say too much, never too little: whatever it says is checked in message_alias.

CREATE TABLE IF NOT EXISTS ${store}.alias_hash
(
    id_hash UInt64 COMMENT 'halfMD5 of account/id',
    state_hash UInt64 COMMENT 'halfMD5 of account/message id of a state that goes by it',
    anchor_day Date
)
ENGINE = ReplacingMergeTree
PARTITION BY toYear(anchor_day)
PRIMARY KEY id_hash
ORDER BY (id_hash, state_hash, anchor_day)
TTL anchor_day + INTERVAL 400 DAY
SETTINGS index_granularity = 256, min_compress_block_size = 4096, max_compress_block_size = 8192,
    ttl_only_drop_parts = 1, fsync_after_insert = 1
COMMENT 'Hashes of message_alias in one order for all weeks: which ids lead to several states';

CREATE TABLE IF NOT EXISTS ${store}.state_alias
(
    state_hash UInt32 MATERIALIZED CRC32(concat(account, '/', message_id)) COMMENT 'Narrows a search by state',
    account LowCardinality(String),
    message_id String CODEC(ZSTD(1)),
    anchor_day Date,
    id String CODEC(ZSTD(1)) COMMENT 'Another id that the state goes by'
)
ENGINE = ReplacingMergeTree
PARTITION BY toMonday(anchor_day)
ORDER BY (state_hash, account, message_id, anchor_day, id)
TTL anchor_day + INTERVAL 400 DAY
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, fsync_after_insert = 1
COMMENT 'The other ids of each state: message_alias the other way round';

CREATE TABLE IF NOT EXISTS ${store}.alias_cut
(
    account LowCardinality(String),
    id String,
    is_settled Bool COMMENT 'What it had linked before is apart again',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When that was noted'
)
ENGINE = ReplacingMergeTree(is_settled)
ORDER BY (account, id)
SETTINGS fsync_after_insert = 1
COMMENT 'Ids that lead to more states than one message can have, and so link nothing';

-- The group of a state is the least (anchor day, message id) of those it is linked with. `cuts` is the negative number of
-- its account's cut ids when that was decided: of two decisions the one that knew more cuts counts, since a cut may raise
-- the least.
CREATE TABLE IF NOT EXISTS ${store}.message_group
(
    anchor_day Date,
    account LowCardinality(String),
    message_id String CODEC(ZSTD(1)),
    least SimpleAggregateFunction(min, Tuple(cuts Int64, anchor_day Date, message_id String)) CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toMonday(anchor_day)
ORDER BY (anchor_day, account, message_id)
TTL anchor_day + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1
COMMENT 'Which message a state is part of; a state that is not here is a message by itself';

INSERT INTO ${store}.state_alias (account, message_id, anchor_day, id)
SELECT account, message_id, anchor_day, id FROM ${store}.message_alias WHERE id != message_id;

INSERT INTO ${store}.alias_hash (id_hash, state_hash, anchor_day)
SELECT halfMD5(concat(account, '/', id)), halfMD5(concat(account, '/', message_id)), anchor_day FROM ${store}.message_alias;

ALTER TABLE ${store}.message_state ADD INDEX IF NOT EXISTS by_message_id message_id TYPE bloom_filter GRANULARITY 1;

ALTER TABLE ${store}.message_state MATERIALIZE INDEX by_message_id;
