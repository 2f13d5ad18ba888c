"""The way in: protocol and its limits → routes → request → authentication, and the answers."""
