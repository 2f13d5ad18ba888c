"""Traffic with a known truth, and the ledger that holds the tables to it.

stories → elements → posts (`traffic`) ─HTTP─▶ the line ─▶ `read_topics`, `read_tables`
        └───────────── `truth` (plain code of its own) ────────────┴──▶ `match`, `compare_*` ─▶ `ledger`

The truth is worked out here from what was said, never by the product's parsers or fold.
"""
