-- An event is of a state: not before the state's day, and no later than the horizon after its last event.
    if(empty(states), toDate(0), arrayMin(arrayMap(s -> tupleElement(s, 1), states))) AS first_day,
    (
        SELECT if(count() = 0, toDate('2100-01-01'), toDate(assumeNotNull(max(s.last_event_at)), 'UTC') + ${horizon_days} + 1)
        FROM ${store}.message_state AS s
        WHERE (anchor_day, account, message_id) IN (SELECT arrayJoin(states))
    ) AS last_day
