-- One row an account, provider, source and day (of append, in time_zone): as `repeats`, and what was first reported on another
-- source told apart: the same event on two of our URLs is no repeat of the provider's. An event first reported more than
-- 8 days before since counts as reported on the same source. Parameters: time_zone (IANA name), since and until (days in that zone, both included).
-- Example: SELECT * FROM recibo.repeats_between(time_zone = 'America/Sao_Paulo', since = '2026-03-01', until = '2026-03-07')
CREATE OR REPLACE VIEW ${views}.repeats_between AS
WITH
    again AS
    (
        SELECT account, event_id FROM ${store}.webhook_set_aside WHERE outcome = 'repeat' AND at >= toDateTime({since:Date} - 9, 'UTC') AND at < toDateTime({until:Date} + 2, 'UTC')
    ),
    published AS
    (
        SELECT at, account, provider, source, event_id, request_id, event_index, outcome FROM ${store}.message_event FINAL
        WHERE at >= toDateTime({since:Date} - 9, 'UTC') AND at < toDateTime({until:Date} + 2, 'UTC')
        UNION ALL
        SELECT at, account, provider, source, event_id, request_id, event_index, outcome FROM ${store}.connection_event FINAL
        WHERE at >= toDateTime({since:Date} - 9, 'UTC') AND at < toDateTime({until:Date} + 2, 'UTC')
    ),
    -- Only what came again is looked at record by record.
    events AS
    (
        SELECT at, account, provider, source, event_id, request_id, event_index, outcome FROM published WHERE (account, event_id) IN (again)
        UNION ALL
        SELECT at, account, provider, source, event_id, request_id, event_index, outcome FROM ${store}.webhook_set_aside FINAL
        WHERE event_id != '' AND at >= toDateTime({since:Date} - 9, 'UTC') AND at < toDateTime({until:Date} + 2, 'UTC') AND (account, event_id) IN (again)
    ),
    records AS
    (
        -- A record and its second copies (same request and index), of which one may be the event.
        SELECT account, provider, source, event_id, request_id, event_index, assumeNotNull(min(e.at)) AS first_copy_at, count() AS copies,
            countIf(outcome IN ('advanced', 'filled')) > 0 AS is_event, countIf(outcome = 'filled') > 0 AS is_late,
            countIf(outcome != 'repeat') > 0 AS is_decided
        FROM events AS e
        GROUP BY account, provider, source, event_id, request_id, event_index
    ),
    ranked AS
    (
        SELECT *, max(is_decided) OVER (PARTITION BY account, event_id) AS is_first_known,
            row_number() OVER (PARTITION BY account, event_id, source ORDER BY is_decided DESC, first_copy_at, request_id, event_index) AS nth_of_source,
            max(is_decided) OVER (PARTITION BY account, event_id, source) AS source_decided
        FROM records
    )
SELECT
    day, account, provider, source,
    assumeNotNull(sum(r.events)) AS events, assumeNotNull(sum(r.late)) AS late, assumeNotNull(sum(r.repeats)) AS repeats,
    assumeNotNull(sum(r.from_other_sources)) AS from_other_sources, assumeNotNull(sum(r.own_copies)) AS own_copies
FROM
(
    SELECT
        toDate(first_copy_at, {time_zone:String}) AS day,
        account,
        provider,
        source,
        countIf(is_event) AS events,
        countIf(is_late) AS late,
        countIf(NOT is_decided AND NOT (is_first_known AND NOT source_decided AND nth_of_source = 1)) AS repeats,
        countIf(NOT is_decided AND is_first_known AND NOT source_decided AND nth_of_source = 1) AS from_other_sources,
        assumeNotNull(sum(copies - 1)) AS own_copies
    FROM ranked
    GROUP BY day, account, provider, source
    UNION ALL
    SELECT toDate(at, {time_zone:String}), account, provider, source, count(), countIf(outcome = 'filled'), 0, 0, 0
    FROM published
    WHERE at >= toDateTime({since:Date} - 1, 'UTC') AND (account, event_id) NOT IN (again)
    GROUP BY ALL
) AS r
WHERE day BETWEEN {since:Date} AND {until:Date}
GROUP BY day, account, provider, source
