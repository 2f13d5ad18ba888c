"""Pure: a stage's log line as people read it in a terminal; the log files keep the JSON."""

import json
import re
from typing import Final

_KNOWN: Final = {"stage", "event", "level", "logger", "timestamp", "exception"}
_UNREMARKABLE: Final = ("info", "debug")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""What would move the cursor, colour or hide text: strangers' words may be in a line."""


def readable(line: str) -> str:
    """Return `event key=value …` of a JSON line, its level before it where that is above info; any other line as it is.

    An exception's traceback follows on lines of its own.
    """
    try:
        said = json.loads(line)
    except ValueError:
        return line
    if not isinstance(said, dict) or not isinstance(said.get("event"), str):
        return line
    level = said.get("level", "info")
    parts = [] if level in _UNREMARKABLE else [f"{level}:"]
    parts.append(said["event"])
    parts += [f"{key}={value}" for key, value in said.items() if key not in _KNOWN and key != "worker"]
    text = _CONTROL.sub(lambda found: repr(found[0])[1:-1], " ".join(parts))
    return f"{text}\n{said['exception']}" if said.get("exception") else text
