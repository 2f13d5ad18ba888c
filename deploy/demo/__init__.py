"""Traffic with a known truth, and the ledger that holds the tables to it.

stories → elements → posts (`traffic`) ─HTTP─▶ the line ─▶ `observed_topics`, `observed_tables`
        └──────────── `truth` (plain code of its own) ────────────┴──▶ `compare` ─▶ `ledger`

The truth is worked out here from what was said, never by the product's parsers or fold.
"""
