"""Where in a TOML file an error lies: the key that it is about, and the line of the key. Pure."""

import re

import msgspec


def key_and_reason(error: Exception) -> tuple[str, str]:
    """Return (key, reason) of an error of msgspec (`… - at `$.key``) or of ours (`key: reason`)."""
    message = str(error)
    if isinstance(error, msgspec.ValidationError):
        reason, _, path = message.partition(" - at `$")
        return path.rstrip("`").lstrip("."), reason
    key, colon, reason = message.partition(": ")
    return (key, reason) if colon and re.fullmatch(r"[\w.\[\]-]+", key) else ("", message)


def line_of(text: str, dotted: str) -> int:
    """Return the line where a dotted key (or the longest part of it that can be found) is written; 1 at worst."""
    lines = text.splitlines()
    line = 0
    for depth in range(len(dotted.split("."))):
        parts = dotted.split(".")
        header = re.compile(rf"\s*\[\[?\s*{re.escape('.'.join(parts[: depth + 1]))}\s*[\].]")
        key = re.compile(rf"\s*\"?{re.escape(parts[depth])}\"?\s*[=.]")
        found = next((i for i, t in enumerate(lines) if header.match(t)), None)
        if found is None:
            found = next((i for i, t in enumerate(lines) if i >= line and key.match(t)), None)
        line = line if found is None else found
    return line + 1
