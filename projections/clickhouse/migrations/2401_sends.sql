-- What senders, panels and invoices say was sent. A row is replaced by the later version of the same row of its manifest, so
-- the table has no partitions: two versions of one row must meet whatever a reader sets. Who reads it: FINAL, WHERE NOT is_deleted.

CREATE TABLE IF NOT EXISTS ${store}.message_send
(
    account LowCardinality(String),
    manifest String CODEC(ZSTD(1)) COMMENT 'A file''s SHA-256, key:..., table:... or a CloudEvents source',
    row UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'Number of the row in the manifest, from 1',
    role LowCardinality(String) COMMENT 'sender, provider or invoice: who says it',
    version DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'When it was said; of a row''s versions the latest counts',
    is_deleted Bool,
    message_id String CODEC(ZSTD(1)),
    reference String CODEC(ZSTD(1)) COMMENT 'The sender''s own id: client_ref of messages',
    recipient String CODEC(ZSTD(1)) COMMENT 'As messages have it, a number without +',
    recipient_kind LowCardinality(String) COMMENT 'phone, lid, bsuid, parent_bsuid or group',
    line String CODEC(ZSTD(1)) COMMENT 'The number in canonical form, with +; empty: none, or it can be several',
    connection_id String CODEC(ZSTD(1)),
    campaign String CODEC(ZSTD(1)),
    template String CODEC(ZSTD(1)),
    provider LowCardinality(String),
    sent_at Nullable(DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)) COMMENT 'NULL: not said',
    status LowCardinality(String) COMMENT 'What it says became of the message, in our words; empty: nothing that is known',
    status_text String CODEC(ZSTD(1)) COMMENT 'Its own word for that',
    amount_micros Nullable(Int64) CODEC(ZSTD(1)) COMMENT 'Millionths of the currency; NULL: not said',
    currency LowCardinality(String) COMMENT 'ISO 4217',
    category LowCardinality(String) COMMENT 'Pricing category',
    country LowCardinality(String) COMMENT 'ISO 3166-1 alpha-2',
    quantity UInt32 COMMENT 'Messages it counts: more than one only on an invoice',
    period LowCardinality(String) COMMENT 'Day or month of an invoice''s line that counts several messages; empty: one message',
    tags Map(String, String) CODEC(ZSTD(1)) COMMENT 'Further columns that the sender wants to find messages by',
    INDEX by_sent_at sent_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (account, manifest, row)
TTL toDateTime(version) + INTERVAL 400 DAY
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 0, fsync_after_insert = 1
COMMENT 'One row a send, as a file, a table or a request says it (topic message.sends)';

-- The way from what a message is known by to the sends of it, in the order of the names, so that a look-up costs what it asks
-- for. A corrected send leaves the names it had: whoever follows one looks at what message_send says now.
CREATE TABLE IF NOT EXISTS ${store}.send_name
(
    name String CODEC(ZSTD(1)) COMMENT 'A number is without +',
    found_by LowCardinality(String) COMMENT 'message_id, reference, recipient or tag',
    account LowCardinality(String),
    manifest String CODEC(ZSTD(1)),
    row UInt64 CODEC(ZSTD(1)),
    day Date COMMENT 'When it was said'
)
ENGINE = ReplacingMergeTree(day)
PARTITION BY toYYYYMM(day)
ORDER BY (name, found_by, account, manifest, row)
TTL day + INTERVAL 400 DAY
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 0, fsync_after_insert = 1
COMMENT 'Ids, references, recipients and tags of every send: the way from them to sends';

-- What the projector writes of a manifest (account, manifest, role, a day) has the least version; what the command line and
-- the API say of it replaces that.
CREATE TABLE IF NOT EXISTS ${store}.send_manifest
(
    account LowCardinality(String),
    manifest String,
    role LowCardinality(String) COMMENT 'sender, provider or invoice',
    name String COMMENT 'The file''s name, or the table''s; empty: neither',
    mapping String COMMENT 'Which column is read as what, JSON',
    rows UInt64 COMMENT 'Kept; 0 also where nobody counted',
    refused UInt64 COMMENT 'Rows that could not be read',
    first_at DateTime64(3, 'UTC') COMMENT 'When its first rows were written',
    last_at DateTime64(3, 'UTC') COMMENT 'When its last rows were written',
    watermark String COMMENT 'Of a table: up to where it has been read',
    by String COMMENT 'Who wrote it',
    replaces String COMMENT 'The manifest whose place it took; empty: none',
    is_complete Bool COMMENT 'Whether all rows were written',
    is_deleted Bool,
    version DateTime64(3, 'UTC') COMMENT 'Of a manifest''s rows the latest counts'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (account, manifest)
TTL toDateTime(last_at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1
COMMENT 'One row a manifest: where sends came from';
