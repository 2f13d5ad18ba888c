-- One row a day of append, account, provider, source and status: events published, and how many came late. Filter by day.
CREATE OR REPLACE VIEW ${bi}.events AS
SELECT toDate(at, '${time_zone}') AS day, account, provider, source, status, count() AS events, countIf(outcome = 'filled') AS late
FROM ${store}.message_event FINAL
GROUP BY day, account, provider, source, status
