"""The durable write: log → Kafka through one sender a partition, else the spool, which the drain empties."""
