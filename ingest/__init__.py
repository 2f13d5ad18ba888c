"""HTTP in, raw log out: webhooks are authenticated, bounded, split and stored; nothing else is judged here.

http.protocol → http.routes → webhooks → http.request_body → http.authenticate → raw_records → durable.log (kafka_log →
partition_sender, else spool) → request_log. `app.py` wires it, `settings.py` says what can be set.
"""
