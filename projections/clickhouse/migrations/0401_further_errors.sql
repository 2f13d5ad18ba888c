-- All causes that a provider names of one failure: the first is error_category and so on, the others are here.
ALTER TABLE ${store}.message_event
    ADD COLUMN IF NOT EXISTS further_errors Array(Tuple(category String, code String, title String, detail String)) CODEC(ZSTD(1)) COMMENT 'What else was reported to be wrong';
