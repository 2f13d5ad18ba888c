-- One row an account, provider, campaign, category, code and day (of the message's own time first_at): messages that failed,
-- and what to do about them. Parameters: time_zone (IANA name), since and until (days in that zone, both included).
-- Example: SELECT * FROM recibo.errors(time_zone = 'UTC', since = '2026-03-01', until = '2026-03-07') ORDER BY messages DESC
CREATE OR REPLACE VIEW ${views}.errors AS
SELECT
    toDate(m.first_at, {time_zone:String}) AS day,
    account,
    provider,
    campaign,
    failure_status,
    failure_category,
    failure_code,
    assumeNotNull(min(${digits(failure_title)})) AS example_title,
    transform(failure_category, ${categories}, ${actions}, 'inspect') AS what_to_do,
    count() AS messages,
    countIf(is_delivered) AS delivered_all_the_same,
    uniqExactIf(recipient, recipient != '') AS recipients
FROM ${store}.message_near(since = {since:Date}, until = {until:Date}) AS m
WHERE is_failed AND day BETWEEN {since:Date} AND {until:Date}
GROUP BY day, account, provider, campaign, failure_status, failure_category, failure_code
