-- The rows of states that are members of a group, a second time: a view of one week then reads those few, not all that history
-- has in message_state (the members of a group may be of any week). Rows follow as projections/members.py proves.
-- Whatever changes the columns of message_state from now on changes those of message_member as well; a test compares.

CREATE TABLE IF NOT EXISTS ${store}.member_hash
(
    state_hash UInt64 COMMENT 'halfMD5 of account/message id of a state that is, or is about to be, a member of a group',
    anchor_day Date
)
ENGINE = ReplacingMergeTree
PARTITION BY toYear(anchor_day)
PRIMARY KEY state_hash
ORDER BY (state_hash, anchor_day)
TTL anchor_day + INTERVAL 400 DAY
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 0, fsync_after_insert = 1,
    min_age_to_force_merge_seconds = 3600
COMMENT 'Which states are to have their rows in message_member too: announced before they are copied and grouped';

CREATE TABLE IF NOT EXISTS ${store}.message_member AS ${store}.message_state;

ALTER TABLE ${store}.message_member MODIFY COMMENT 'The rows of message_state of states that are members of a group, a second time';

INSERT INTO ${store}.member_hash (state_hash, anchor_day)
SELECT halfMD5(concat(account, '/', message_id)), anchor_day FROM ${store}.message_group;

INSERT INTO ${store}.message_member
SELECT * FROM ${store}.message_state
WHERE (anchor_day, account, message_id) IN (SELECT anchor_day, account, message_id FROM ${store}.message_group);
