-- How long first callbacks took after their sends, of each connection ('' for all): what says when others are due.
SELECT connection_id, count() AS samples, toInt64(quantileExact({quantile:Float64})(delay_ms)) AS quantile_ms
FROM
(
    SELECT arrayJoin(['', their_connection]) AS connection_id, dateDiff('millisecond', assumeNotNull(sent_at), first_received_at) AS delay_ms
    FROM ${store}.reconciliation_candidate
    WHERE run = {run:String} AND step < {weak_from:UInt8} AND isNotNull(sent_at)
)
WHERE delay_ms >= 0
GROUP BY connection_id
ORDER BY samples DESC, connection_id
LIMIT 1001
