"""Registering sources: `recibo.toml` and its secrets edited, proofs made, a test event followed.

registry (the files) → proof and sample_event (what a provider would send) → follow (where it has come).
"""
