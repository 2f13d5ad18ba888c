-- One row an account, set of sources, connection, campaign and quarter of an hour (UTC, of the message's first record): counts
-- of messages. Counted anew from the folded messages every five minutes and then put in place at once, never added to: a
-- replay, a late record, a changed campaign or a repair cannot make it wrong, only up to five minutes old. Quarters of an
-- hour, because every time zone's days begin at one. A changed query needs a new name: the old table keeps its own.
CREATE MATERIALIZED VIEW IF NOT EXISTS ${store}.funnel_slot
REFRESH EVERY 5 MINUTE
ENGINE = MergeTree ORDER BY (slot, account)
AS SELECT
    toStartOfFifteenMinutes(anchor_at) AS slot,
    account,
    sources,
    connection_id,
    campaign,
    count() AS messages,
    countIf(is_queued) AS queued,
    countIf(is_created) AS created,
    countIf(is_sent) AS sent,
    countIf(is_delivered) AS delivered,
    countIf(is_read) AS read,
    countIf(is_error) AS error,
    countIf(is_expired) AS expired,
    countIf(is_number_not_found) AS number_not_found,
    countIf(is_failed AND NOT is_delivered) AS failed,
    countIf(NOT is_failed AND NOT is_delivered) AS open,
    countIf(conflict) AS conflict,
    countIf(delivered_inferred) AS delivered_inferred,
    now('UTC') AS refreshed_at
FROM ${store}.message
GROUP BY slot, account, sources, connection_id, campaign
