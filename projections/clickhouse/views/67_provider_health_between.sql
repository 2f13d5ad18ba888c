-- One row an account, provider, source and hour (of append): as `provider_health`, reading no more than some days. A copy of ours
-- whose first one came more than 9 days before since is told as the provider's repeat. Parameters: time_zone (IANA name), since and
-- until (days in that zone, both included).
-- Example: SELECT * FROM recibo.provider_health_between(time_zone = 'America/Sao_Paulo', since = '2026-03-01', until = '2026-03-07')
CREATE OR REPLACE VIEW ${views}.provider_health_between AS
${provider_health_between}
