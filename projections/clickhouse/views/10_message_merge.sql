-- One row a state that is part of a message known under several ids or kept in several states: (account, state_id,
-- state_day) is the state, (message_id, anchor_day) its group, named by the least state of it. Decided when the states were
-- linked (projections/link.py); states not listed stand alone.
CREATE OR REPLACE VIEW ${store}.message_merge AS
SELECT account, state_id, state_day, folded.3 AS message_id, folded.2 AS anchor_day
FROM
(
    SELECT account, g.message_id AS state_id, g.anchor_day AS state_day, assumeNotNull(min(g.least)) AS folded
    FROM ${store}.message_group AS g
    GROUP BY account, state_id, state_day
)
