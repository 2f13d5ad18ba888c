-- One row a day, account, provider and price as the provider reports it: messages. Filter by day.
CREATE OR REPLACE VIEW ${bi}.prices AS
SELECT toDate(slot, '${time_zone}') AS day, account, provider, billable, price_type, price_category AS category, price_model,
    assumeNotNull(sum(s.messages)) AS messages, assumeNotNull(sum(s.delivered)) AS delivered
FROM ${store}.message_slot AS s
GROUP BY day, account, provider, billable, price_type, category, price_model
