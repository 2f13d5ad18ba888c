-- Which names are one person's: a provider gives a number and a business-scoped id, another a number and a lid, and later only one of
-- the two. person_link has every two names that one event gave its recipient, in both directions, immutable and inserted
-- first; person has what they come to (projections/person_linker.py). Both are in months: whatever is said again is kept
-- on, and a look-up reads a granule a name and month, however many people there are.

CREATE TABLE IF NOT EXISTS ${store}.person_link
(
    name_hash UInt64 MATERIALIZED halfMD5(concat(account, '/', kind, '/', value)) COMMENT 'Narrows a search by name',
    account LowCardinality(String),
    kind LowCardinality(String) COMMENT 'phone, lid, bsuid or parent_bsuid',
    value String CODEC(ZSTD(1)) COMMENT 'A number in canonical form, with +, where it has one',
    other_kind LowCardinality(String),
    other_value String CODEC(ZSTD(1)) COMMENT 'A name that one event gave the same recipient',
    month Date COMMENT 'First day of the month in which it did'
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(month)
PRIMARY KEY name_hash
ORDER BY (name_hash, account, kind, value, other_kind, other_value, month)
TTL month + INTERVAL 400 DAY
SETTINGS index_granularity = 256, min_compress_block_size = 4096, max_compress_block_size = 8192,
    ttl_only_drop_parts = 1, non_replicated_deduplication_window = 0, fsync_after_insert = 1
COMMENT 'Names that one event gave its recipient, two and two';

CREATE TABLE IF NOT EXISTS ${store}.person_cut
(
    account LowCardinality(String),
    kind LowCardinality(String),
    value String,
    is_settled Bool COMMENT 'Whom it had linked before are apart again',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When that was noted'
)
ENGINE = ReplacingMergeTree(is_settled)
ORDER BY (account, kind, value)
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1
COMMENT 'Names that go with more others than one person has, and so link nothing';

-- Of two rows of a name the greater counts: that which knew more cut names of the account, then that of more names.
CREATE TABLE IF NOT EXISTS ${store}.person
(
    account LowCardinality(String),
    kind LowCardinality(String),
    value String CODEC(ZSTD(1)),
    month Date COMMENT 'First day of the month in which two names of the person were last given together',
    known SimpleAggregateFunction(max, Tuple(cuts UInt32, names UInt32, identities Array(Tuple(kind String, value String)))) CODEC(ZSTD(1)) COMMENT 'The person''s names, at most 64, and how many there are'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(month)
ORDER BY (value, kind, account, month)
TTL month + INTERVAL 400 DAY
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 0, fsync_after_insert = 1
COMMENT 'The person of each name that goes with others';

-- What is there already. The persons are decided by the projector at its first start.
INSERT INTO ${store}.person_link (account, kind, value, other_kind, other_value, month)
SELECT DISTINCT account, tupleElement(one, 1), tupleElement(one, 2), tupleElement(other, 1), tupleElement(other, 2), month
FROM
(
    SELECT account, toStartOfMonth(at, 'UTC') AS month,
        arrayDistinct(arrayMap(
            i -> (tupleElement(i, 1), multiIf(
                tupleElement(i, 1) != 'phone', tupleElement(i, 2),
                e.line != '' AND tupleElement(i, 2) = e.recipient, e.line,
                match(tupleElement(i, 2), '^55[1-9][1-9][6-9][0-9]{7}$'), concat('+', substring(tupleElement(i, 2), 1, 4), '9', substring(tupleElement(i, 2), 5)),
                match(tupleElement(i, 2), '^55[1-9][1-9]9[6-9][0-9]{7}$'), concat('+', tupleElement(i, 2)),
                tupleElement(i, 2))),
            arrayFilter(
                i -> tupleElement(i, 2) NOT IN ('', e.participant, e.connection_id) AND tupleElement(i, 1) IN ('phone', 'lid', 'bsuid', 'parent_bsuid'),
                e.identities))) AS names
    FROM ${store}.message_event AS e
    WHERE length(e.identities) > 1 AND e.recipient_kind != 'group'
)
ARRAY JOIN names AS one
ARRAY JOIN names AS other
WHERE one != other;
