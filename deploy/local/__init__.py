"""The local stack: everything Recibo needs, on one machine, without Docker.

stack → {broker, clickhouse} → topics → migrations → {ingest, processors, projections}, each a supervised child.
"""
