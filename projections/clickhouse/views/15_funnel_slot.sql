-- One row an account, set of sources, connection, campaign and quarter of an hour (UTC, of the message's own time first_at): counts
-- of messages. Recounted from the folded messages every five minutes and then put in place at once, never added to: a
-- replay, a late record, a changed campaign or a repair cannot make it wrong, only up to five minutes old. Quarters of an
-- hour, because every time zone's days begin at one. A changed query needs a new name: the old table keeps its own.
CREATE MATERIALIZED VIEW IF NOT EXISTS ${store}.funnel_slot
REFRESH EVERY 5 MINUTE
ENGINE = MergeTree ORDER BY (slot, account)
AS SELECT
    toStartOfFifteenMinutes(first_at) AS slot,
    account,
    sources,
    connection_id,
    campaign,
    ${counts},
    now('UTC') AS refreshed_at
FROM ${store}.message
GROUP BY slot, account, sources, connection_id, campaign
