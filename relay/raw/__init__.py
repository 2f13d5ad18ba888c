"""The exact bytes of a webhook, posted on: courier (reads, remembers, commits) → delivery (one webhook, retried)."""
