-- Whom a forgetting is about, while it goes on: what rewrites rows reads the names here, so that no text of a rewrite, which the
-- engine keeps, names anybody. A part a forgetting, dropped when it is done; what one that died left goes with its next run.
CREATE TABLE IF NOT EXISTS ${store}.forgetting
(
    forgetting String COMMENT 'A keyed hash of whom was asked for',
    what LowCardinality(String) COMMENT 'name: one of the person, canonical; form: a text that a column may have; pattern: what finds them in texts',
    kind LowCardinality(String) COMMENT 'Of a name',
    value String,
    at DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY forgetting
ORDER BY (what, kind, value)
TTL at + INTERVAL 2 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 0, fsync_after_insert = 1
COMMENT 'Names of people while they are forgotten (recibo forget); empty otherwise';
