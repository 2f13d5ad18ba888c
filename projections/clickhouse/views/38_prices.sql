-- One row an account, provider, day (of the message's own time first_at, in time_zone) and price as the provider reports it: what
-- an invoice is compared with. Parameters: time_zone (IANA name), since and until (days in that zone, both included).
-- Example: SELECT day, category, billable, messages FROM recibo.prices(time_zone = 'America/Sao_Paulo', since = '2026-03-01', until = '2026-03-31')
CREATE OR REPLACE VIEW ${views}.prices AS
SELECT
    toDate(m.first_at, {time_zone:String}) AS day,
    account,
    provider,
    billable,
    price_type,
    if(price_category = '', pricing, price_category) AS category,
    price_model,
    count() AS messages,
    countIf(is_delivered) AS delivered
FROM ${store}.message_near(since = {since:Date}, until = {until:Date}) AS m
WHERE day BETWEEN {since:Date} AND {until:Date}
GROUP BY day, account, provider, billable, price_type, category, price_model
