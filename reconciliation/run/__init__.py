"""One reconciliation, named and kept: what it compared, what it found, and what is said of it."""
