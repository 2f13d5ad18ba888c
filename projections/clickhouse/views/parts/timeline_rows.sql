    SELECT occurred_at, received_at, at, status, provider_status, outcome, event_id, source, connection_id,
        ${number(e.participant)} AS participant, message_id, error_category, error_code, ${digits(e.error_title)} AS error_title,
        ${digits(e.error_detail)} AS error_detail, '' AS why, time_source, absurd_time, request_id,
        event_index, log_partition, log_offset,
        arrayMap(f -> (f.1, f.2, ${digits(f.3)}), e.further_errors) AS further_errors
    FROM ${store}.message_event AS e
    WHERE account = {account:String} AND message_id IN (SELECT arrayJoin(ids))
        AND at >= toDateTime(first_day, 'UTC') AND at < toDateTime(last_day, 'UTC')
    LIMIT 1 BY at, generation, log_partition, log_offset
    UNION ALL
    SELECT received_at AS occurred_at, received_at, at, '' AS status, '' AS provider_status, outcome, event_id, source,
        '' AS connection_id, '' AS participant, ${subject(key)} AS message_id, '' AS error_category,
        '' AS error_code, '' AS error_title, '' AS error_detail, ${digits(s.why)} AS why, 'received' AS time_source, false AS absurd_time,
        request_id, event_index, log_partition, log_offset,
        CAST([], 'Array(Tuple(String, String, String))') AS further_errors
    FROM ${store}.webhook_set_aside AS s
    WHERE account = {account:String} AND key IN (SELECT concat({account:String}, '/', arrayJoin(ids)))
    LIMIT 1 BY at, generation, log_partition, log_offset
