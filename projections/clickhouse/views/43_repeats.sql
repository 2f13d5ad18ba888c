-- One row an account, provider and hour (of append): events sent again by the provider, and events that came late.
-- A second copy of a record that is our own doing (same request and index) is not the provider's repeat. Filter by hour.
-- Example: SELECT * FROM recibo.repeats WHERE hour >= now() - INTERVAL 7 DAY
CREATE OR REPLACE VIEW ${views}.repeats AS
WITH again AS
(
    SELECT account, provider, request_id, event_index, assumeNotNull(min(s.at)) AS at
    FROM ${store}.webhook_set_aside AS s
    WHERE outcome = 'repeat'
    GROUP BY account, provider, request_id, event_index
)
SELECT toStartOfHour(at) AS hour, account, provider, 
    assumeNotNull(sum(is_event)) AS events, assumeNotNull(sum(is_late)) AS late, assumeNotNull(sum(is_repeat)) AS repeats,
    assumeNotNull(sum(is_own_copy)) AS own_copies
FROM
(
    SELECT at, account, provider, 1 AS is_event, outcome = 'filled' AS is_late, 0 AS is_repeat, 0 AS is_own_copy
    FROM ${store}.message_event FINAL
    UNION ALL
    SELECT at, account, provider, 1, outcome = 'filled', 0, 0
    FROM ${store}.connection_event FINAL
    UNION ALL
    SELECT at, account, provider, 0, 0, 1, 0 FROM again
    UNION ALL
    -- The copy of a record whose first copy was the event (published, unselected or overflow): taken back from the repeats, in its own hour.
    SELECT a.at, a.account, a.provider, 0, 0, -1, 1
    FROM
    (
        SELECT account, request_id, event_index FROM ${store}.message_event WHERE request_id IN (SELECT request_id FROM again)
        UNION DISTINCT
        SELECT account, request_id, event_index FROM ${store}.connection_event WHERE request_id IN (SELECT request_id FROM again)
        UNION DISTINCT
        SELECT account, request_id, event_index FROM ${store}.webhook_set_aside
        WHERE outcome != 'repeat' AND event_id != '' AND request_id IN (SELECT request_id FROM again)
    ) AS e
    INNER ALL JOIN again AS a USING (account, request_id, event_index)
)
GROUP BY hour, account, provider
