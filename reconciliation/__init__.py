"""Sends in, differences out: what was sent and what came back, compared message by message.

read → match → run → report. `read` makes sends of files and tables; they travel by `message.sends` into `message_send`.
"""
