"""Kafka as every process, command and proof reaches it: its settings, how a client proves who it is, the clients."""
