"""Sends on their way into `message.sends` and `message_send`, and what is known of their manifests."""
