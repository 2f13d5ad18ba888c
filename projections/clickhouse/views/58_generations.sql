-- One row a table, week (its Monday) and generation: how many rows of it there are, and how many stand in for events older
-- than the log (seeded_from). Two generations in one week: a repair has reached a part of it.
-- Example: SELECT * FROM recibo.generations ORDER BY week DESC, table
CREATE OR REPLACE VIEW ${views}.generations AS
SELECT table, week, generation, seeded_from, count() AS rows
FROM
(
    SELECT 'message_event' AS table, toMonday(at, 'UTC') AS week, generation, seeded_from FROM ${store}.message_event FINAL
    UNION ALL
    SELECT 'connection_event', toMonday(at, 'UTC'), generation, seeded_from FROM ${store}.connection_event FINAL
    UNION ALL
    SELECT 'message_state', toMonday(anchor_day), generation, seeded_from FROM ${store}.message_state FINAL
    UNION ALL
    SELECT 'connection_state', toMonday(anchor_day), generation, seeded_from FROM ${store}.connection_state FINAL
)
GROUP BY table, week, generation, seeded_from
