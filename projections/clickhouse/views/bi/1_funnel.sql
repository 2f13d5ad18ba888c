-- One row a day, account, set of sources, connection, campaign and kind of recipient: how far messages came. Filter by day.
CREATE OR REPLACE VIEW ${bi}.funnel AS
SELECT toDate(slot, '${time_zone}') AS day, account, sources, connection_id, campaign, to_group, ${sums(s)}
FROM ${store}.message_slot AS s
GROUP BY day, account, sources, connection_id, campaign, to_group
