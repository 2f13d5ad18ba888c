"""ClickHouse as every process, command and proof reaches it: its settings, and the clients."""
