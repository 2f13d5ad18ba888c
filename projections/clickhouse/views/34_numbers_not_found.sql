-- One row a recipient that the provider did not find and that nothing was delivered to since: a list to clean.
-- Parameters: since and until (UTC days of the messages' first record, both included).
-- Example: SELECT * FROM recibo_numbers.numbers_not_found(since = '2026-03-01', until = '2026-03-31')
CREATE OR REPLACE VIEW ${views}.numbers_not_found AS
SELECT
    account,
    ${number(number)} AS recipient,
    messages_not_found,
    first_not_found_at,
    last_not_found_at,
    campaigns
FROM
(
    SELECT
        account,
        recipient AS number,
        countIf(is_number_not_found) AS messages_not_found,
        min(number_not_found_at) AS first_not_found_at,
        max(number_not_found_at) AS last_not_found_at,
        max(coalesce(delivered_at, read_at)) AS last_delivered_at,
        arraySort(groupUniqArrayIf(10)(campaign, is_number_not_found AND campaign != '')) AS campaigns
    FROM ${store}.message
    WHERE anchor_day BETWEEN {since:Date} AND {until:Date} AND recipient != ''
    GROUP BY account, number
    HAVING messages_not_found > 0 AND (last_delivered_at IS NULL OR last_delivered_at < last_not_found_at)
)
