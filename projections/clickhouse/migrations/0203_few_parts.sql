-- A look-up of ids costs about 30 µs an id and part (10,000 ids in one part of 10 million rows: 0.3 s on two busy cores), so
-- that parts are to be few: those older than an hour are merged into one.
ALTER TABLE ${store}.alias_hash MODIFY SETTING min_age_to_force_merge_seconds = 3600;
