-- One row a message, facts as the engine folds them: the states of one message joined, all others as they are.
CREATE OR REPLACE VIEW ${store}.message_fold AS
SELECT
    anchor_day, account, message_id, anchor_at, last_event_at, seen,
    queued_at, created_at, sent_at, error_at, expired_at, number_not_found_at, delivered_at, read_at,
    first_received_at, last_received_at, provider, sources, connection_id, recipient, client_ref, campaign, pricing,
    aliases, failure, absurd_time
FROM ${store}.message_state FINAL
WHERE (account, message_id, anchor_day) NOT IN (SELECT account, state_id, state_day FROM ${store}.message_merge)
UNION ALL
SELECT
    m.anchor_day, m.account, m.message_id, min(s.anchor_at), max(s.last_event_at), groupBitOr(s.seen),
    min(s.queued_at), min(s.created_at), min(s.sent_at), min(s.error_at), min(s.expired_at), min(s.number_not_found_at),
    min(s.delivered_at), min(s.read_at),
    min(s.first_received_at), max(s.last_received_at), max(s.provider), groupUniqArrayArray(s.sources), max(s.connection_id),
    max(s.recipient), max(s.client_ref), max(s.campaign), max(s.pricing),
    arrayFilter(alias -> alias != m.message_id, groupUniqArrayArray(arrayPushBack(s.aliases, s.message_id))),
    min(s.failure), max(s.absurd_time)
FROM
(
    SELECT * FROM ${store}.message_state
    WHERE (account, message_id, anchor_day) IN (SELECT account, state_id, state_day FROM ${store}.message_merge)
) AS s
INNER JOIN ${store}.message_merge AS m
    ON m.account = s.account AND m.state_id = s.message_id AND m.state_day = s.anchor_day
GROUP BY m.anchor_day, m.account, m.message_id
