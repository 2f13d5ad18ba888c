-- Which column is read as what, saved by a name: `recibo reconcile --mapping NAME`.

CREATE TABLE IF NOT EXISTS ${store}.send_mapping
(
    name String,
    mapping String COMMENT 'JSON: field to column, tag to column, and what is the same in all rows',
    by String COMMENT 'Who saved it',
    version DateTime64(3, 'UTC') COMMENT 'When; of a name''s rows the latest counts'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY name
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1
COMMENT 'One row a saved way of reading files of sends';
