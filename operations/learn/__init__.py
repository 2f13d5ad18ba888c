"""`recibo source learn`: a mapping proposed from bodies that are not understood yet, and those bodies turned into events.

capture_log or bundle (bodies) → shapes (alike ones together) → statuses and readings (how each tells a status, its events as
rows) → evidence, candidates and proposals (which place holds which field, by all captures) → lesson (the mapping's table) →
agreement and preview (it reads what each shape says, and no element less) → `recibo.toml` → redrive (written to the log).
All but capture_log and redrive are pure.
"""
