-- The messages of the time, connections and campaigns compared that no row can mean. Of forgotten ones nobody can say that any more.
INSERT INTO ${store}.reconciliation_difference
    (account, run, made_at, class, anchor_day, message_id, reference, place, first_at, delivered_at, status, seen, provider,
     connection_id, campaign, billable, category, in_callbacks, candidates, send)
SELECT
    {account:String}, {run:String}, fromUnixTimestamp64Milli({made_ms:Int64}, 'UTC'), 'no_send', anchor_day, message_id, client_ref, 'inside', first_at,
    delivered_or_read_at, status, seen, provider, connection_id, campaign, billable,
    if(price_category = '', pricing, price_category), true, 1,
    sipHash64Keyed(({key_first:UInt64}, {key_second:UInt64}), ('message', toString(anchor_day), message_id))
FROM ${store}.message_between(first_day = {first_day:Date}, last_day = {last_day:Date})
WHERE account = {account:String} AND ${own_time} >= fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC') AND ${own_time} < fromUnixTimestamp64Milli({until_ms:Int64}, 'UTC')
    AND (empty({connections:Array(String)}) OR connection_id IN {connections:Array(String)})
    AND (empty({campaigns:Array(String)}) OR campaign IN {campaigns:Array(String)})
    AND message_id NOT IN (SELECT known_as FROM ${store}.erased_message)
    AND NOT (${is_named})
