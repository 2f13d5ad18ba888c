"""`recibo repair`: a new generation of the derived topics and tables, folded from the log beside live traffic.

steps (what was done) → seed (facts older than the log) → fold (archive, then the log) → tables (shadow, comparison)
→ switch (hand-over from the old generation's projector to the new one's).
"""
