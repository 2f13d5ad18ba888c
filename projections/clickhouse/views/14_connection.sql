-- One row a connection: the report that counts, and first and last time of each status.
CREATE OR REPLACE VIEW ${store}.connection AS
SELECT
    account,
    connection_id,
    assumeNotNull(max(s.latest)) AS report,
    tupleElement(report, 4) AS status,
    tupleElement(report, 1) AS status_at,
    tupleElement(report, 5) AS reason,
    assumeNotNull(min(s.anchor_at)) AS anchor_at,
    assumeNotNull(max(s.last_event_at)) AS last_event_at,
    assumeNotNull(max(s.provider)) AS provider,
    arraySort(groupUniqArrayArray(s.sources)) AS sources,
    min(s.connected_first_at) AS connected_first_at,
    max(s.connected_last_at) AS connected_last_at,
    min(s.disconnected_first_at) AS disconnected_first_at,
    max(s.disconnected_last_at) AS disconnected_last_at,
    min(s.logout_first_at) AS logout_first_at,
    max(s.logout_last_at) AS logout_last_at
FROM ${store}.connection_state AS s
GROUP BY account, connection_id
