"""The relay: hands a source's webhooks on, as they came, to the systems that used to receive them.

ingest keeps a request's headers and query with its first record (`schemas/relay_header.py`); a process of its own reads the raw log
and posts them: log readers (one read for all URLs) → courier (one URL: remembers, commits) → delivery (one webhook, retried,
over `runtime/vetted_network.py`, so that nothing reaches an internal address). `python -m relay` runs it.
"""
