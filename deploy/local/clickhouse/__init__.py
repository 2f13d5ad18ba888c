"""ClickHouse's own HTTP interface over chDB, the ClickHouse engine as a Python package.

http → statement → engine. One process owns the directory, so that projections, `recibo sql`, dbt, Grafana
and a data team's client all use the one code path: a ClickHouse client over HTTP. It listens on 127.0.0.1 alone,
asks for the one password that its directory holds, and keeps no sessions: every request starts from the engine's defaults. A query id that a
client chooses is answered back, and is not the engine's (chDB takes none). Results are held in memory, so they are bounded.
"""
