"""`recibo source learn`: from bodies nobody understands to a mapping, and those bodies to events.

capture_log (bodies read from the log) → shapes → evidence → proposals → preview → `recibo.toml` → redrive (written to the log).
shapes, evidence, vocabulary, proposals and preview are pure; capture_log and redrive are the IO.
"""
