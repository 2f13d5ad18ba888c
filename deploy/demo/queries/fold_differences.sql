SELECT account, message_id, seen_by_events, seen_by_state
FROM ${views}.fold_differences(time_zone = 'UTC', since = '2020-01-01', until = '2099-12-31')
