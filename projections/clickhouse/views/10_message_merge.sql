-- One row a state that is part of a message known under several ids or kept in several states: (account, state_id,
-- state_day) is the state, (message_id, anchor_day) the message it belongs to. States not listed stand alone.
-- A state belongs to the first (by day, then id) of the messages that claim its id as theirs, two steps up at most; of two
-- that claim each other, to the lesser id.
CREATE OR REPLACE VIEW ${store}.message_merge AS
WITH
    claims AS
    (
        SELECT account, id, argMin(message_id, (anchor_day, message_id)) AS claimed_by
        FROM ${store}.message_link
        WHERE id != message_id
        GROUP BY account, id
    ),
    states AS
    (
        SELECT DISTINCT account, message_id AS state_id, anchor_day AS state_day FROM ${store}.message_link
    ),
    stepped AS
    (
        SELECT
            s.account AS account,
            s.state_id AS state_id,
            s.state_day AS state_day,
            if(one.claimed_by = '', s.state_id, one.claimed_by) AS step_one,
            if(two.claimed_by = '', step_one, two.claimed_by) AS step_two
        FROM states AS s
        LEFT JOIN claims AS one ON one.account = s.account AND one.id = s.state_id
        LEFT JOIN claims AS two ON two.account = s.account AND two.id = one.claimed_by
    )
SELECT
    account,
    state_id,
    state_day,
    if(step_two = state_id, least(state_id, step_one), step_two) AS message_id,
    min(state_day) OVER (PARTITION BY account, message_id) AS anchor_day
FROM stepped
