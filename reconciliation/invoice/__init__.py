"""An invoice that counts several messages a line, against the messages that callbacks tell of and what they were to cost."""
