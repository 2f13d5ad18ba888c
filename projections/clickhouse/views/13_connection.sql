-- One row a connection: the report that counts, and first and last time of each status.
CREATE OR REPLACE VIEW ${store}.connection AS
SELECT
    account,
    connection_id,
    max(latest) AS report,
    report.status AS status,
    report.at AS status_at,
    report.reason AS reason,
    min(s.anchor_at) AS anchor_at,
    max(s.last_event_at) AS last_event_at,
    max(s.provider) AS provider,
    arraySort(groupUniqArrayArray(s.sources)) AS sources,
    min(s.connected_first_at) AS connected_first_at,
    max(s.connected_last_at) AS connected_last_at,
    min(s.disconnected_first_at) AS disconnected_first_at,
    max(s.disconnected_last_at) AS disconnected_last_at,
    min(s.logout_first_at) AS logout_first_at,
    max(s.logout_last_at) AS logout_last_at
FROM ${store}.connection_state AS s
GROUP BY account, connection_id
