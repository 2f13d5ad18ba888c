"""What a child process prints: kept in a log file that rotates, its last lines remembered, each line passed on."""

import logging
import logging.handlers
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

_LOG_BYTES_MAX: Final = 16 * 1024 * 1024
_TAIL_LINES: Final = 50
_LAST_WORDS_S: Final = 1.0

Line = Callable[[str, str], None]
"""Takes a child's name and one line of its output, or of what the supervisor says about it."""


def unheard(*_: str) -> None:
    """Take no notice of a line: it is in the child's log file all the same."""


class Output:
    """The output of one program, across its restarts."""

    def __init__(self, name: str, log_file: Path, on_line: Line) -> None:
        """Keep it in `log_file`, and pass each line to `on_line`."""
        self._name = name
        self._log_file = log_file
        self._log = _rotating_log(log_file)
        self._on_line = on_line
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._reading = threading.Thread()

    def read(self, process: subprocess.Popen[bytes]) -> None:
        """Begin to read a new process, in a thread of its own."""
        self._reading = threading.Thread(target=self._read, args=(process,), daemon=True)
        self._reading.start()

    def wait_for_the_rest(self) -> None:
        """Give the last lines of a process that has ended a moment to come."""
        self._reading.join(_LAST_WORDS_S)

    def say(self, text: str) -> None:
        """Add a line of the supervisor."""
        self._log.warning("supervisor: %s", text)
        self._on_line(self._name, f"supervisor: {text}")

    def last_words(self) -> str:
        """Return the last line that says something, and where the rest is."""
        said = [line for line in self._tail if line and not line[0].isspace()]  # frames of a traceback say less
        return f"{said[-1] if said else 'it said nothing'} (its output is in {self._log_file})"

    def close(self) -> None:
        """Close the log file."""
        for handler in self._log.handlers:
            handler.close()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None, "it was started with a pipe"
        with process.stdout as output:
            for line in output:
                text = line.decode("utf-8", "replace").rstrip()
                self._tail.append(text)
                self._log.info(text)
                self._on_line(self._name, text)


def _rotating_log(file: Path) -> logging.Logger:
    file.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(file, maxBytes=_LOG_BYTES_MAX, backupCount=1, delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.Logger(file.stem)  # noqa: LOG001 - a file of its own, outside the program's logging tree
    log.addHandler(handler)
    return log
