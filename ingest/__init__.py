"""HTTP in, raw log out: webhooks are authenticated, bounded, split and stored; nothing else is judged here.

http_protocol → routes → webhooks → request_body → authenticate → raw_records → durable_log (kafka_log → partition_sender,
else spool) → request_log. `app.py` wires it, `settings.py` says what can be set.
"""
