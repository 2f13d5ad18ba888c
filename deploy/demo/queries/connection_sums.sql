-- The tuple is folded inside and taken apart outside: under FINAL the engine takes one part's value of a subcolumn.
SELECT count(), sum(toUnixTimestamp64Milli(report.at)), sum(report.rank)
FROM (
    SELECT max(latest) AS report
    FROM ${store}.connection_state
    WHERE startsWith(connection_id, ${run})
    GROUP BY anchor_day, account, connection_id
)
