"""Raw log in, truth out.

transport (batches of `webhook.raw`) → agent → lane (one a partition: recovery → batch → fold → store, emit)
⇒ `message.state`, `message.events`, `connection.*`, `webhook.set_aside`
"""
