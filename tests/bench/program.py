"""A program under measurement: started, watched through /proc, ended."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from runtime import tether
from runtime.programs import CHECKOUT

_TETHER = Path(tether.__file__)
_TICKS = os.sysconf("SC_CLK_TCK")
_START_S_MAX = 180
_STOP_S_MAX = 60


@dataclass(frozen=True, slots=True)
class Program:
    """How to run a program, and where what it does can be seen."""

    name: str
    command: tuple[str, ...]
    folder: Path
    """Its disk: a directory of its own."""
    group: str
    state: str | None = None
    """Its compacted topic of states."""
    outputs: tuple[str, ...] = ()
    """Where it writes exactly one record for each raw record."""
    environ: Mapping[str, str] = field(default_factory=dict)


class Failed(Exception):
    """A program did not do its work."""


@dataclass(frozen=True, slots=True)
class First:
    """When the first record was consumed, and what the process had used until then."""

    at_s: float
    """Wall clock, as the program said it."""
    cpu_s: float


class Process:
    """A running program. Its output is in a log file; the line `first NANOSECONDS` is for us."""

    def __init__(self, program: Program, log_file: Path) -> None:
        self.program = program
        self._log_file = log_file
        self._first: First | None = None
        self._started = threading.Event()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_TETHER), str(os.getpid()), *self.program.command],
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT), **self.program.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a group of its own, ended as one
        )
        threading.Thread(target=self._pump, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _pump(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output, self._log_file.open("wb") as log:
            for line in output:
                if line.startswith(b"first ") and self._first is None:
                    self._first = First(int(line.split()[1]) / 1e9, self.cpu_s())
                    self._started.set()
                log.write(line)
                log.flush()
        self._started.set()

    def first(self) -> First:
        """Wait for the first record to be consumed. Raises Failed where the program ends before, or takes too long."""
        self._started.wait(_START_S_MAX)
        if self._first is None:
            raise self.failed("consumed nothing")
        return self._first

    def failed(self, why: str) -> Failed:
        """Return the error that says why, with the program's last words."""
        tail = self._log_file.read_text(errors="replace")[-2000:] if self._log_file.exists() else ""
        return Failed(f"{self.program.name} {why} (exit code {self._process.poll()}):\n{tail}")

    def has_ended(self) -> bool:
        """Return whether the process ended by itself."""
        return self._process.poll() is not None

    def stop(self) -> None:
        """Have the program end in order. Raises Failed where it does not."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_S_MAX)
        except subprocess.TimeoutExpired:
            raise self.failed("did not end when asked to") from None

    def cpu_s(self) -> float:
        """Return the CPU time used so far by all its processes and threads, s."""
        return sum(cpu_s(pid) for pid in self._family())

    def peak_memory_mb(self) -> float:
        """Return the greatest resident memory so far, MiB; that of several processes is added up."""
        return sum(_peak_memory_mb(pid) for pid in self._family())

    def _family(self) -> list[int]:
        """Return the process and those it started."""
        family = [self._process.pid]
        for pid in family:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):  # a supervisor starts each in a thread
                family += map(int, children.read_text().split())
        return family


def cpu_s(pid: int) -> float:
    """Return the CPU time a process has used, all threads, user and system, s."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / _TICKS


def _peak_memory_mb(pid: int) -> float:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024
