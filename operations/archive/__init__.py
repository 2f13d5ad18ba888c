"""The raw log as Parquet files: whole hours, exact, kept for longer than Kafka keeps them, readable by `recibo repair`.

partition_log → hours → hour_file → location; back again by `read`, and into the tables by `restore`. One file an hour and partition, beside it a manifest
that is written last: a file without one does not count.

    LOCATION/webhook.raw/00003/2026-11-26T05Z.parquet
    LOCATION/webhook.raw/00003/2026-11-26T05Z.json
"""
