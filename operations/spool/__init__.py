"""Ingest's spool, seen and mended by an operator: beside running workers, whose locks are respected."""
