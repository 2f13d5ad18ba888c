-- One row an event of a connection, connected, disconnected or logged out, and until when it counted: the time of the
-- connection's next event. Events of one time are in the order in which `connections` lets one count before another.
-- Filter by at, account or connection_id.
-- Example: SELECT status, occurred_at, lasted_until, reason FROM recibo.connection_history WHERE connection_id = 'sales-1' ORDER BY occurred_at
CREATE OR REPLACE VIEW ${views}.connection_history AS
SELECT
    at,
    account,
    connection_id,
    source,
    provider,
    status,
    occurred_at,
    leadInFrame(toNullable(occurred_at)) OVER (
        PARTITION BY account, connection_id ORDER BY occurred_at, indexOf(${connection_statuses}, status), event_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS lasted_until,
    received_at,
    reason,
    event_id
FROM ${store}.connection_event FINAL
