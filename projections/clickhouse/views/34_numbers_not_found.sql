-- One row a recipient that the provider did not find and that nothing came to since, under any spelling of the number and
-- whenever until now: a list to clean. Parameters: time_zone (IANA name), since and until (days in that zone of the first_at
-- of the messages that were not found, both included).
-- Example: SELECT * FROM recibo_numbers.numbers_not_found(time_zone = 'America/Sao_Paulo', since = '2026-03-01', until = '2026-03-31')
CREATE OR REPLACE VIEW ${views}.numbers_not_found AS
WITH not_found AS
(
    SELECT
        account,
        if(line != '', line, recipient) AS number,
        assumeNotNull(max(m.recipient)) AS reported,
        count() AS messages_not_found,
        min(m.number_not_found_at) AS first_not_found_at,
        max(m.number_not_found_at) AS last_not_found_at,
        arraySort(groupUniqArrayIf(10)(campaign, campaign != '')) AS campaigns
    FROM ${store}.message_near(since = {since:Date}, until = {until:Date}) AS m
    WHERE is_number_not_found AND recipient != '' AND toDate(first_at, {time_zone:String}) BETWEEN {since:Date} AND {until:Date}
    GROUP BY account, number
)
SELECT
    n.account AS account,
    ${number(n.reported)} AS recipient,
    n.messages_not_found AS messages_not_found,
    n.first_not_found_at AS first_not_found_at,
    n.last_not_found_at AS last_not_found_at,
    n.campaigns AS campaigns,
    ${number(n.number)} AS line
FROM not_found AS n
LEFT ALL JOIN
(
    SELECT account, if(line != '', line, recipient) AS number, max(greatest(ifNull(m.delivered_at, m.read_at), ifNull(m.read_at, m.delivered_at))) AS last_came_at
    FROM ${store}.message_between(first_day = {since:Date} - 1, last_day = toDate('2149-06-06')) AS m
    WHERE is_delivered AND (account, if(line != '', line, recipient)) IN (SELECT account, number FROM not_found)
    GROUP BY account, number
) AS d ON d.account = n.account AND d.number = n.number
WHERE d.last_came_at IS NULL OR d.last_came_at < n.last_not_found_at
