"""What every process is run with: settings, logs, health, supervision, clients of Kafka, ClickHouse and HTTP, files.

It knows no stage: `ingest`, `relay`, `processors`, `projections`, `operations`, `deploy` and `cli` are built on it.
"""
