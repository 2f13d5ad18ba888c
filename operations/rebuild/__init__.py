"""Rebuilding tables from the log, beside live traffic: `recibo rebuild` and, for a new generation, `recibo repair`.

replay (topic → shadow tables, by a group of its own) → comparison (shadow with live) → replacement (weeks wholly inside
the log) → replay of what came meanwhile, into the live tables. Every step may be done twice.
"""
