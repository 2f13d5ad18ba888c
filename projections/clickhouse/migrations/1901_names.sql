-- What people know a message by that is no id of it: its reference, and every name of its recipient (number as reported and
-- canonical, lid, business-scoped id). In the order of the names, so that a look-up reads a granule a part and week, however
-- many messages there are.

CREATE TABLE IF NOT EXISTS ${store}.message_name
(
    name String CODEC(ZSTD(1)) COMMENT 'A number is without +',
    found_by LowCardinality(String) COMMENT 'reference or recipient',
    account LowCardinality(String),
    message_id String CODEC(ZSTD(1)),
    anchor_day Date
)
ENGINE = ReplacingMergeTree
PARTITION BY toMonday(anchor_day)
ORDER BY (name, found_by, account, message_id, anchor_day)
TTL anchor_day + INTERVAL 400 DAY
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 0, fsync_after_insert = 1
COMMENT 'References and recipients of every state: the way from them to messages';

INSERT INTO ${store}.message_name (name, found_by, account, message_id, anchor_day)
SELECT tupleElement(named, 2), tupleElement(named, 1), account, message_id, anchor_day
FROM ${store}.message_state AS s
ARRAY JOIN arrayDistinct(arrayFilter(pair -> tupleElement(pair, 2) != '', arrayConcat(
    [
        ('reference', toString(s.client_ref)),
        ('recipient', toString(tupleElement(s.ranked_recipient, 2))),
        ('recipient', substring(s.line, 2))
    ],
    arrayMap(identity -> ('recipient', tupleElement(identity, 2)), s.identities)))) AS named;

-- Whose messages there are: an id's hash is of account and id, and who looks for one names no account.
CREATE TABLE IF NOT EXISTS ${store}.message_account
(
    account LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY account
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1
COMMENT 'One row an account with messages';

INSERT INTO ${store}.message_account (account) SELECT DISTINCT account FROM ${store}.message_alias;
