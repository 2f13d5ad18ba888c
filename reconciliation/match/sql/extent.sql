-- What the rows to compare are: how many, of when, and whether each names its connection and campaign. One row.
SELECT
    count() AS rows,
    countIf(isNull(sent_at)) AS untimed,
    min(coalesce(sent_at, version)) AS first_at,
    max(coalesce(sent_at, version)) AS last_at,
    countIf(connection_id = '') AS without_connection,
    groupUniqArray(1001)(connection_id) AS connections,
    countIf(campaign = '') AS without_campaign,
    groupUniqArray(1001)(campaign) AS campaigns,
    groupUniqArray(toString(role)) AS roles
FROM ${store}.message_send FINAL
WHERE account = {account:String} AND manifest IN {manifests:Array(String)} AND NOT is_deleted AND period = ''
