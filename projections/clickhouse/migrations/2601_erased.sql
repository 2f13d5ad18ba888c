-- Messages that were forgotten, by what they are called since: rows of them that come again (a rebuild, a restore, an event
-- told late) are stripped again. The salt is what ids are hashed with; it leads to no number and no person.
CREATE TABLE IF NOT EXISTS ${store}.erased_message
(
    known_as String COMMENT 'erased- and a hash of account/message id',
    salt String COMMENT 'What was hashed before it',
    since DateTime64(3, 'UTC') COMMENT 'What was known before is forgotten',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When that was noted'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (salt, known_as)
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1
COMMENT 'Messages that were forgotten (recibo forget)';

-- Records that named somebody without being of a message to them: an answer, a member of a group, a body of several events.
CREATE TABLE IF NOT EXISTS ${store}.erased_record
(
    at DateTime64(3, 'UTC') COMMENT 'Append time of the raw record',
    log_partition UInt16,
    log_offset UInt64
)
ENGINE = ReplacingMergeTree
ORDER BY (at, log_partition, log_offset)
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1
COMMENT 'Raw records whose bytes were erased (recibo forget)';
