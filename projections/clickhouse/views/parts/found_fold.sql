-- One row a message, as parts/message_fold.sql has it, of few states whose keys are known: all of them from one reading.
SELECT
    s.group_day AS anchor_day,
    s.account AS account,
    ${shown_id} AS message_id,
    ${fold_joins}
FROM
${rows}
