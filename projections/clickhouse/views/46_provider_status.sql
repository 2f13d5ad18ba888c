-- One row a provider and status: whether the provider ever reports it (`reported`, `never`, `ambiguous`), to distinguish a
-- zero from "this provider never says".
-- Example: SELECT status FROM recibo.provider_status WHERE provider = 'twilio' AND reporting = 'never'
CREATE OR REPLACE VIEW ${views}.provider_status AS
SELECT * FROM VALUES('provider String, status String, reporting String', ${provider_status})
