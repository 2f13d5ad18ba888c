-- One row an account, provider, campaign, category, code and day: messages that failed, and what to do about it.
-- Parameters: time_zone (IANA), since and until (days in that zone, both included).
CREATE OR REPLACE VIEW ${views}.errors AS
SELECT
    toDate(anchor_at, {time_zone:String}) AS day,
    account,
    provider,
    campaign,
    failure_status,
    failure_category,
    failure_code,
    any(failure_title) AS example_title,
    transform(failure_category, ${categories}, ${actions}, 'inspect') AS what_to_do,
    count() AS messages,
    countIf(is_delivered) AS delivered_all_the_same,
    uniqExact(recipient) AS recipients
FROM ${views}.messages
WHERE is_failed AND anchor_day BETWEEN {since:Date} - 1 AND {until:Date} + 1 AND day BETWEEN {since:Date} AND {until:Date}
GROUP BY day, account, provider, campaign, failure_status, failure_category, failure_code
