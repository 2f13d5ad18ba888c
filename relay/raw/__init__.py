"""The exact bytes of a webhook, posted on: readers (of the log, for all) → courier (one URL: remembers, commits) → delivery (one webhook, retried)."""
