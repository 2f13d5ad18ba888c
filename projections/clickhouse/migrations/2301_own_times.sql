-- A message may be told of days after its own time, and views with since and until look for such in the days after until. Of
-- most granules none is: the least of all times that a row gives its message says so. The index is of that expression, which
-- no query with FINAL asks for (`earliest_told` in projections/clickhouse/views/fragments.py has the same text).

ALTER TABLE ${store}.message_state ADD INDEX IF NOT EXISTS by_own_time
    least(first_received_at, ifNull(first_at, first_received_at), ifNull(queued_at, first_received_at), ifNull(created_at, first_received_at), ifNull(sent_at, first_received_at), ifNull(error_at, first_received_at), ifNull(expired_at, first_received_at), ifNull(number_not_found_at, first_received_at), ifNull(delivered_at, first_received_at), ifNull(read_at, first_received_at))
    TYPE minmax GRANULARITY 1;

ALTER TABLE ${store}.message_state MATERIALIZE INDEX by_own_time;
