WITH aside AS
(
    -- A record and its copies; what has no request id is not ours, and has none.
    SELECT account, provider, source, request_id, event_index, outcome, assumeNotNull(min(s.at)) AS at
    FROM ${store}.webhook_set_aside AS s
    WHERE outcome IN ('repeat', 'unmapped', 'quarantined') ${near_s}
    GROUP BY account, provider, source, request_id, event_index, outcome,
        if(request_id = '', toString((generation, log_partition, log_offset)), '')
)
SELECT
    toStartOfHour(at) AS hour, account, provider, source,
    countIf(outcome IN ('advanced', 'filled')) AS events,
    countIf(outcome = 'filled') AS late,
    countIf(outcome = 'repeat') AS repeats,
    countIf(outcome = 'unmapped') AS unmapped,
    countIf(outcome = 'quarantined') AS quarantined,
    countIf(absurd) AS absurd_times,
    countIf(delay_ms < 0) AS clock_skewed,
    quantileExactOrNullIf(0.5)(delay_ms, delay_ms >= 0) AS delay_p50_ms,
    quantileExactOrNullIf(0.95)(delay_ms, delay_ms >= 0) AS delay_p95_ms,
    quantileExactOrNullIf(0.99)(delay_ms, delay_ms >= 0) AS delay_p99_ms
FROM
(
    SELECT at, account, provider, source, outcome, absurd_time AS absurd,
        if(time_source = 'received', NULL, dateDiff('millisecond', occurred_at, received_at)) AS delay_ms
    FROM ${store}.message_event FINAL ${own}
    UNION ALL
    SELECT at, account, provider, source, outcome, absurd_time AS absurd,
        if(time_source = 'received', NULL, dateDiff('millisecond', occurred_at, received_at)) AS delay_ms
    FROM ${store}.connection_event FINAL ${own}
    UNION ALL
    SELECT at, account, provider, source, outcome, false, NULL FROM ${store}.webhook_set_aside FINAL
    WHERE outcome NOT IN ('repeat', 'unmapped', 'quarantined') ${and_own}
    UNION ALL
    SELECT at, account, provider, source, outcome, false, NULL FROM aside
    WHERE (outcome != 'repeat' OR (account, request_id, event_index) NOT IN
    (
        SELECT account, request_id, event_index FROM ${store}.message_event WHERE request_id IN (SELECT request_id FROM aside) ${near}
        UNION ALL
        SELECT account, request_id, event_index FROM ${store}.connection_event WHERE request_id IN (SELECT request_id FROM aside) ${near}
        UNION ALL
        SELECT account, request_id, event_index FROM ${store}.webhook_set_aside
        WHERE outcome != 'repeat' AND event_id != '' AND request_id IN (SELECT request_id FROM aside) ${near}
    )) ${and_own}
)
GROUP BY hour, account, provider, source
