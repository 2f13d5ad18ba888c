"""`recibo source learn`: a mapping proposed from bodies that are not understood yet, and those bodies turned into events.

capture_log (bodies read from the log) → shapes → evidence → proposals → preview → `recibo.toml` → redrive (written to the log).
shapes, evidence, vocabulary, proposals and preview are pure; capture_log and redrive are the IO.
"""
