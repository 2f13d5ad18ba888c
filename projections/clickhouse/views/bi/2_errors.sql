-- One row a day, account, provider, campaign, category and code: messages that failed, and what to do. Filter by day.
CREATE OR REPLACE VIEW ${bi}.errors AS
SELECT toDate(slot, '${time_zone}') AS day, account, provider, campaign, failure_status, failure_category, failure_code,
    transform(failure_category, ${categories}, ${actions}, 'inspect') AS what_to_do,
    assumeNotNull(sum(s.messages)) AS messages,
    assumeNotNull(sum(s.conflict)) AS delivered_all_the_same
FROM ${store}.message_slot AS s
WHERE failure_status != ''
GROUP BY day, account, provider, campaign, failure_status, failure_category, failure_code
