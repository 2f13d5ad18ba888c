-- One row an account, provider, source and hour (of append): how long callbacks took, how disordered they came, and how many
-- could not be used. Delays are from the provider's time to ours, of events that carry one. Events of messages and of
-- connections count alike. A second copy of a record that is our own doing (same request and index) counts nowhere, as in
-- `repeats`. Filter by hour.
-- Example: SELECT * FROM recibo.provider_health WHERE hour >= now() - INTERVAL 1 DAY
CREATE OR REPLACE VIEW ${views}.provider_health AS
${provider_health}
