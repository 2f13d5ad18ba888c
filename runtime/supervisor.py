"""Child processes: tethered to this one, started again when they die, stopped together.

The local stack's programs and the workers of one stage are both supervised here. Linux kills a child when its supervisor
ends, however that ends (see `tether.py`).
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

import structlog

from runtime.program_output import Line, Output, unheard
from runtime.signals import woken_by_signals
from schemas.errors import DeploymentError

_TETHER: Final = Path(__file__).with_name("tether.py")
_POLL_S: Final = 0.05
_STABLE_S: Final = 60.0
_BACKOFF_S_MIN: Final = 0.5
_BACKOFF_S_MAX: Final = 30.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and how to know that it is ready.

    `is_ready` is asked again and again from the supervising thread: it answers within a second, and False while
    the program is on its way. A program without it counts as ready once it is started, so that it is always started again.
    """

    name: str
    command: tuple[str, ...]
    is_ready: Callable[[], bool] | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    stop_s_max: float = 30.0
    file_descriptors: tuple[int, ...] = ()
    """Open files that it inherits."""
    umask: int = -1
    """Permission bits that its new files lack; -1: as this process's."""


def backoff_s(failures: int) -> float:
    """Return how long to wait before the start that follows `failures` (from 0) quick deaths in a row."""
    return float(min(_BACKOFF_S_MAX, _BACKOFF_S_MIN * 2 ** min(failures, 10)))


def ending(code: int) -> str:
    """Say how a process ended, from its return code (negative for a signal)."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


class Child:
    """Runs one program, and starts it again with backoff when it dies.

    A program that ends before it was ever ready is not started again: that is a failure to start, raised by
    `wait_ready` with its last words.
    """

    def __init__(self, program: Program, log_file: Path | None = None, on_line: Line = unheard) -> None:
        """Prepare to run `program`.

        Args:
            program: what to run.
            log_file: keeps its output; without, it goes where this process's own goes.
            on_line: called with each line of its output, where that is kept.
        """
        self.program = program
        self.starts = 0
        self.exit_code = 0
        """Of the process that ended last."""
        self._output = None if log_file is None else Output(program.name, log_file, on_line)
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
                    f"{self.program.name} was not ready within {s_max:.0f} s; its last output: {self._last_words()}"
                )

    def signal(self, number: int) -> None:
        """Send the running process a signal, if there is one."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        try:
            if number == signal.SIGKILL:
                os.killpg(process.pid, number)  # with whatever it started
            else:
                process.send_signal(number)
        except ProcessLookupError:
            return

    def kill(self) -> None:
        """Kill the process by SIGKILL, as a crash would; the supervision starts it again."""
        with self._changed:
            self._is_ready = False
            self.signal(signal.SIGKILL)

    def ask_to_stop(self) -> None:
        """Send SIGTERM, and start it no more; returns at once. Idempotent."""
        if not self._stopping.is_set():
            self._stopping.set()
            self.signal(signal.SIGTERM)

    def stop(self) -> None:
        """End the process: SIGTERM, then SIGKILL when it has not drained in time. Idempotent."""
        self.ask_to_stop()
        if self._thread.ident is None:
            return
        self._thread.join(self.program.stop_s_max)
        if self._thread.is_alive():
            self._say(f"has not ended within {self.program.stop_s_max:.0f} s of SIGTERM; killing it")
            self.signal(signal.SIGKILL)
            self._thread.join()

    def _run(self) -> None:
        try:
            self._supervise()
        finally:
            if self._output is not None:
                self._output.close()

    def _supervise(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            process = self._spawn()
            was_ready = self._await_ready(process)
            self.exit_code = process.wait()
            if self._output is not None:
                self._output.wait_for_the_rest()
            with self._changed:
                self._is_ready = False
                self._process = None
            if self._stopping.is_set():
                break
            if self.starts == 1 and not was_ready:
                self._fail()
                break
            failures = 0 if time.monotonic() - started > _STABLE_S else failures
            delay = backoff_s(failures)
            failures += 1
            self._say(f"ended ({ending(self.exit_code)}); starting it again in {delay:g} s")
            self._stopping.wait(delay)

    def _spawn(self) -> subprocess.Popen[bytes]:
        kept = None if self._output is None else subprocess.PIPE
        with self._changed:
            self.starts += 1
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_TETHER), str(os.getpid()), *self.program.command],
                env={**os.environ, **self.program.environ},
                stdin=subprocess.DEVNULL,
                stdout=kept,
                stderr=None if kept is None else subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops all in order
                pass_fds=self.program.file_descriptors,
                umask=self.program.umask,
            )
            self._process = process
        if self._output is not None:
            self._output.read(process)
        if self._stopping.is_set():  # stop() may have come between the loop's check and the start
            self.signal(signal.SIGTERM)
        return process

    def _await_ready(self, process: subprocess.Popen[bytes]) -> bool:
        is_ready = self.program.is_ready
        while is_ready is not None:
            if process.poll() is not None or self._stopping.is_set():
                return False
            if is_ready():
                break
            time.sleep(_POLL_S)
        with self._changed:
            self._is_ready = True
            self._changed.notify_all()
        return True

    def _fail(self) -> None:
        with self._changed:
            self._failure = f"{self.program.name} did not start ({ending(self.exit_code)}): {self._last_words()}"
            self._changed.notify_all()

    def _last_words(self) -> str:
        return "its output is above" if self._output is None else self._output.last_words()

    def _say(self, text: str) -> None:
        if self._output is None:
            log.error(text, child=self.program.name)
        else:
            self._output.say(text)


def supervise(programs: Sequence[Program], *, hands_on: Collection[int] = ()) -> int:
    """Run programs until SIGTERM or SIGINT, then stop them together. Return the greatest of their exit codes.

    One that ends by our SIGTERM, before it minds signals at all, had nothing to let go of: that is no failure.
    Call it in the main thread.

    Args:
        programs: each is started again whenever it dies.
        hands_on: signals that every program gets too.
    """
    with woken_by_signals() as next_signal:
        for number in (signal.SIGTERM, signal.SIGINT, *hands_on):
            signal.signal(number, _noted)
        children = [Child(program) for program in programs]
        for child in children:
            child.start()
        while (number := next_signal()) in hands_on:
            for child in children:
                child.signal(number)
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.stop()
    return max((abs(child.exit_code) for child in children if child.exit_code != -signal.SIGTERM), default=0)


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: that there is a handler keeps the signal from ending the process."""
