"""What is in ClickHouse beside rows: migrations (tables), views, roles, retention."""
