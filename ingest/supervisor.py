"""Several worker processes on one port: started, kept running, stopped together."""

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Final

from ingest.settings import Settings

WORKER: Final = "RECIBO_INGEST_WORKER"
"""Set by the supervisor in each worker's environment: its number."""
SOCKET: Final = "RECIBO_INGEST_SOCKET_FD"
"""Set by the supervisor: the listening socket's file descriptor, inherited."""

_POLL_S: Final = 0.1
_BACKOFF_S: Final = 1.0
_STOP_MARGIN_S: Final = 4.0
_BACKLOG: Final = 2048

log = logging.getLogger(__name__)


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises OSError: the port is taken, or not ours to take."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_BACKLOG)


def supervise(settings: Settings, listener: socket.socket) -> int:
    """Run `settings.workers` processes until SIGTERM or SIGINT; one that dies is started again. Return the exit code.

    SIGHUP is handed on, so that every worker reads its configuration again.
    """
    stopping = False
    processes: dict[int, subprocess.Popen[bytes]] = {}
    started_s: dict[int, float] = {}

    def stop(_number: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    def hand_on(number: int, _frame: object) -> None:
        _signal_all(processes.values(), number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGHUP, hand_on)
    while not stopping:
        for worker in range(settings.workers):
            process = processes.get(worker)
            if process is not None and process.poll() is None:
                continue
            if process is not None:
                if time.monotonic() - started_s[worker] < _BACKOFF_S:
                    continue
                log.error("worker %d ended with code %d; it is started again", worker, process.returncode)
            processes[worker] = _start(worker, listener)
            started_s[worker] = time.monotonic()
        time.sleep(_POLL_S)
    _signal_all(processes.values(), signal.SIGTERM)
    return _wait(list(processes.values()), settings.shutdown_ms_max / 1000 + _STOP_MARGIN_S)


def _start(worker: int, listener: socket.socket) -> subprocess.Popen[bytes]:
    fd = listener.fileno()
    environ = os.environ | {WORKER: str(worker), SOCKET: str(fd)}
    return subprocess.Popen([sys.executable, "-m", "ingest"], env=environ, pass_fds=[fd])


def _signal_all(processes: Iterable[subprocess.Popen[bytes]], number: int) -> None:
    for process in processes:
        if process.poll() is None:
            process.send_signal(number)


def _wait(processes: Sequence[subprocess.Popen[bytes]], s_max: float) -> int:
    deadline_s = time.monotonic() + s_max
    code = 0
    for process in processes:
        try:
            code = max(code, abs(process.wait(max(0.0, deadline_s - time.monotonic()))))
        except subprocess.TimeoutExpired:
            log.error("process %d does not stop; it is killed", process.pid)  # noqa: TRY400 - the message says it all
            process.kill()
            process.wait()
            code = 1
    return code
