"""A worker as a process of its own, armed to kill itself or not."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import httpx

from runtime.ports import HOST, free_port
from tests.support.polling import until

CHECKOUT: Final = Path(__file__).parents[3]


class WorkerProcess:
    """Starts, signals and ends `python -m processors` with one data directory and one name."""

    def __init__(self, bootstrap: str, data_dir: Path, generation: int, name: str = "0") -> None:
        self.name = name
        self.data_dir = data_dir
        self.log_file = data_dir.parent / f"worker-{name}.log"
        self.metrics_port = free_port()
        self._environ = {
            "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
            "RECIBO_CONFIG": str(data_dir / "absent.toml"),
            "RECIBO_DATA_DIR": str(data_dir),
            "RECIBO_REPAIR_GENERATION": str(generation),
            "RECIBO_RAW_TIMESTAMPS": "CreateTime",
            "RECIBO_PROCESSORS_WORKER": name,
            "RECIBO_PROCESSORS_METRICS_PORT": str(self.metrics_port),
            "RECIBO_LOG_LEVEL": "WARNING",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(
        self, environ: Mapping[str, str] | None = None, *, crash_at: str = "", module: Sequence[str] = ("processors",)
    ) -> None:
        """Start it.

        Args:
            environ: settings of this start alone.
            crash_at: `point:nth` at which it kills itself; "" for never.
            module: module to run, and its arguments.
        """
        assert not self.is_running(), "it runs already"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            log.write(f"--- start, crash at {crash_at or 'nothing'}, {dict(environ or {})}\n".encode())
            log.flush()
            self._process = subprocess.Popen(
                [sys.executable, "-m", *module],
                cwd=CHECKOUT,
                env={**os.environ, **self._environ, **(environ or {}), "RECIBO_CRASH_AT": crash_at},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def code(self) -> int | None:
        """Return its exit code, negative for a signal; None while it runs (or before it was ever started)."""
        return None if self._process is None else self._process.poll()

    def pid(self) -> int:
        """Return its process id."""
        assert self._process is not None, "it was started"
        return self._process.pid

    def is_running(self) -> bool:
        """Return whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def is_paused(self) -> bool:
        """Return whether SIGSTOP holds it."""
        assert self._process is not None, "it was started"
        return os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None

    def killed_itself(self) -> bool:
        """Return whether it ended by SIGKILL."""
        return self.code() == -signal.SIGKILL

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM, s_max: float = 45.0) -> int:
        """Signal it and wait for its end; killed when that takes too long. Return the exit code."""
        assert self._process is not None, "it was started"
        self.send(signal.SIGCONT)
        self.send(number)
        try:
            return self._process.wait(s_max)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    async def ended(self, s_max: float = 60.0) -> int:
        """Wait until it ended by itself; return the exit code."""

        async def has_ended() -> bool:
            return not self.is_running()

        await until(has_ended, "the worker to end", s_max=s_max)
        code = self.code()
        assert code is not None, "it was started"
        return code

    def lose_disk(self) -> None:
        """Delete all it keeps locally."""
        assert not self.is_running(), "it still writes there"
        shutil.rmtree(self.data_dir, ignore_errors=True)

    def metric(self, name: str) -> float:
        """Return the sum of a metric's samples, as `/metrics` shows it."""
        text = httpx.get(f"http://{HOST}:{self.metrics_port}/metrics").text
        lines = [line for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{"))]
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    def readiness(self) -> str:
        """Return what it answers to `/readyz`."""
        return httpx.get(f"http://{HOST}:{self.metrics_port}/readyz", timeout=30).text

    def is_ready(self) -> bool:
        """Return whether it says that it has partitions and their state."""
        try:
            return httpx.get(f"http://{HOST}:{self.metrics_port}/readyz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def log_tail(self, lines: int = 15) -> str:
        """Return the last lines of its log, for a failure's message."""
        if not self.log_file.exists():
            return ""
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-lines:])
