SELECT log_partition, records_missing, without_outcome, with_several_outcomes, outcomes_without_record
FROM ${views}.completeness
