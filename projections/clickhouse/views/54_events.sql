-- One row an event of a message, published or kept from being so by nobody: time, status, recipient, campaign and error as
-- the provider reported them. Parameters: time_zone (IANA name), since and until (days of occurred_at in that zone, both included).
-- Example: SELECT * FROM recibo.events(time_zone = 'America/Sao_Paulo', since = '2026-03-01', until = '2026-03-01')
CREATE OR REPLACE VIEW ${views}.events AS
SELECT
    toDate(e.occurred_at, {time_zone:String}) AS day,
    e.occurred_at AS occurred_at,
    e.time_source AS time_source,
    e.absurd_time AS absurd_time,
    e.old_time AS old_time,
    e.received_at AS received_at,
    e.at AS at,
    e.account AS account,
    e.source AS source,
    e.provider AS provider,
    e.connection_id AS connection_id,
    e.message_id AS message_id,
    e.status AS status,
    e.provider_status AS provider_status,
    e.outcome AS outcome,
    ${number(e.recipient)} AS recipient,
    e.recipient_kind AS recipient_kind,
    ${number(e.participant)} AS participant,
    e.client_ref AS client_ref,
    e.campaign AS campaign,
    e.template AS template,
    e.billable AS billable,
    e.price_type AS price_type,
    e.price_category AS price_category,
    e.price_model AS price_model,
    e.error_category AS error_category,
    e.error_code AS error_code,
    ${digits(e.error_title)} AS error_title,
    arrayMap(f -> (f.1, f.2, ${digits(f.3)}), e.further_errors) AS further_errors,
    e.event_id AS event_id,
    e.request_id AS request_id,
    e.event_index AS event_index,
    e.generation AS generation
FROM ${store}.message_event AS e FINAL
WHERE e.at >= toDateTime({since:Date} - 1, 'UTC') AND e.occurred_at >= toDateTime({since:Date} - 1, 'UTC')
    AND e.occurred_at < toDateTime({until:Date} + 2, 'UTC')
    AND day BETWEEN {since:Date} AND {until:Date}
