"""A child process that is started again when it dies."""

import logging
import logging.handlers
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schemas.errors import DeploymentError

_TETHER = Path(__file__).with_name("tether.py")
_POLL_S = 0.05
_STABLE_S = 60.0
_LOG_BYTES_MAX = 16 * 1024 * 1024
_TAIL_LINES = 50
_LAST_WORDS_S = 1.0

Line = Callable[[str, str], None]
"""Takes a child's name and one line of its output, or of what the supervisor says about it."""


def unheard(*_: str) -> None:
    """Take no notice of a line: it is in the child's log file all the same."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and how to know that it is ready.

    `is_ready` is asked again and again from the supervising thread: it answers within a second, and False while
    the program is on its way.
    """

    name: str
    command: tuple[str, ...]
    is_ready: Callable[[], bool]
    environ: Mapping[str, str] = field(default_factory=dict)
    stop_s_max: float = 30.0


def backoff_s(failures: int) -> float:
    """Return how long to wait before the start that follows `failures` (from 0) quick deaths in a row."""
    return float(min(30.0, 0.5 * 2 ** min(failures, 10)))


def ending(code: int) -> str:
    """Say how a process ended, from its return code (negative for a signal)."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


class Child:
    """Runs one program, keeps its output, and starts it again with backoff when it dies.

    A program that ends before it was ever ready is not started again: that is a failure to start, raised by
    `wait_ready` with its last words.
    """

    def __init__(self, program: Program, log_file: Path, on_line: Line = unheard) -> None:
        self.program = program
        self.log_file = log_file
        self.starts = 0
        self._on_line = on_line
        self._log = _rotating_log(log_file)
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._changed = threading.Condition()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_ready = False
        self._failure: str | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"child-{program.name}", daemon=True)

    @property
    def pid(self) -> int | None:
        """The running process, if there is one."""
        return self._process.pid if self._process else None

    @property
    def failure(self) -> str | None:
        """Why the program did not start, where it ended before it was ever ready."""
        return self._failure

    def start(self) -> None:
        """Start the program; returns at once."""
        self._thread.start()

    def wait_ready(self, s_max: float) -> None:
        """Return when the program is ready.

        Raises:
            DeploymentError: it ended, or was not ready in time.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._is_ready or self._failure is not None, s_max)
            if self._failure is not None:
                raise DeploymentError(self._failure)
            if not self._is_ready:
                raise DeploymentError(
                    f"{self.program.name} was not ready within {s_max:.0f} s; its output is in {self.log_file}"
                )

    def kill(self) -> None:
        """Kill the process by SIGKILL, as a crash would; the supervision starts it again."""
        with self._changed:
            self._is_ready = False
            self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """End the process: SIGTERM, then SIGKILL when it has not drained in time. Idempotent."""
        self._stopping.set()
        if self._thread.ident is None:
            return
        self._signal(signal.SIGTERM)
        self._thread.join(self.program.stop_s_max)
        if self._thread.is_alive():
            self._say(f"has not ended within {self.program.stop_s_max:.0f} s of SIGTERM; killing it")
            self._signal(signal.SIGKILL)
            self._thread.join()

    def _run(self) -> None:
        try:
            self._supervise()
        finally:
            for handler in self._log.handlers:
                handler.close()

    def _supervise(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            process = self._spawn()
            was_ready = self._await_ready(process)
            code = process.wait()
            self._output.join(_LAST_WORDS_S)
            with self._changed:
                self._is_ready = False
                self._process = None
            if self._stopping.is_set():
                break
            if self.starts == 1 and not was_ready:
                self._fail(code)
                break
            failures = 0 if time.monotonic() - started > _STABLE_S else failures
            delay = backoff_s(failures)
            failures += 1
            self._say(f"ended ({ending(code)}); starting it again in {delay:g} s")
            self._stopping.wait(delay)

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self._changed:
            self.starts += 1
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_TETHER), str(os.getpid()), *self.program.command],
                env={**os.environ, **self.program.environ},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops all in order
            )
            self._process = process
        self._output = threading.Thread(target=self._pump, args=(process,), daemon=True)
        self._output.start()
        if self._stopping.is_set():  # stop() may have come between the loop's check and the start
            self._signal(signal.SIGTERM)
        return process

    def _await_ready(self, process: subprocess.Popen[bytes]) -> bool:
        while process.poll() is None and not self._stopping.is_set():
            if self.program.is_ready():
                with self._changed:
                    self._is_ready = True
                    self._changed.notify_all()
                return True
            time.sleep(_POLL_S)
        return False

    def _pump(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as output:
            for line in output:
                text = line.decode("utf-8", "replace").rstrip()
                self._tail.append(text)
                self._log.info(text)
                self._on_line(self.program.name, text)

    def _fail(self, code: int) -> None:
        said = [line for line in self._tail if line and not line[0].isspace()]  # frames of a traceback say less
        last_words = said[-1] if said else "it said nothing"
        with self._changed:
            self._failure = (
                f"{self.program.name} did not start ({ending(code)}): {last_words} (its output is in {self.log_file})"
            )
            self._changed.notify_all()

    def _say(self, text: str) -> None:
        self._log.warning("supervisor: %s", text)
        self._on_line(self.program.name, f"supervisor: {text}")

    def _signal(self, number: signal.Signals) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        try:
            if number is signal.SIGKILL:
                os.killpg(process.pid, number)  # with whatever it started
            else:
                process.send_signal(number)
        except ProcessLookupError:
            return


def _rotating_log(file: Path) -> logging.Logger:
    file.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(file, maxBytes=_LOG_BYTES_MAX, backupCount=1, delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.Logger(file.stem)  # noqa: LOG001 - a file of its own, outside the program's logging tree
    log.addHandler(handler)
    return log
