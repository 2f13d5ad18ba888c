"""The relay: hands a source's webhooks on, as they came, to the systems that used to receive them.

ingest keeps a request's headers and query with its first record (`header`); a process of its own reads the raw log
and posts them: targets (from `recibo.toml`) → courier (reads, remembers, commits) → delivery (one webhook, retried)
→ post (over `vetting`, so that nothing reaches an internal address). `python -m ingest.relay` runs it.
"""

from ingest.relay.header import Relayed, read_relay_header, relay_header

__all__ = ["Relayed", "read_relay_header", "relay_header"]
