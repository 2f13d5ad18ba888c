SELECT count(), sum(toUnixTimestamp64Milli(latest.at)), sum(latest.rank)
FROM recibo_store.connection_state FINAL
WHERE startsWith(connection_id, ${run})
