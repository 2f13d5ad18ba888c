-- One row a day of the last 400, account and connection: how long it was connected, by its reports. Filter by day.
CREATE OR REPLACE VIEW ${bi}.connection_uptime AS
SELECT * FROM ${views}.connection_uptime(time_zone = '${time_zone}', since = today() - 400, until = today())
