-- Which raw log a generation's rows were made from: offsets mean something only in it.
CREATE TABLE IF NOT EXISTS ${store}.raw_log
(
    generation UInt32,
    topic_id String COMMENT 'Kafka''s own id of the topic; empty: the brokers say none',
    partitions UInt32,
    noted_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(noted_at)
ORDER BY generation
SETTINGS fsync_after_insert = 1;
