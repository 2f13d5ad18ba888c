"""Projections: truth in, tables out.

A plain consumer group reads every topic and inserts into ClickHouse; each table is idempotent, so reading a
record twice changes nothing. An event's way: consume → rows → insert → commit (`topic_projection.py` is the loop).
"""
