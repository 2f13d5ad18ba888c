SELECT log_partition, records_missing, without_outcome, with_several_outcomes
FROM recibo.completeness
WHERE ${alone}
