"""Several worker processes on one machine, since one uses one core: started, kept running, stopped together."""

import logging
import os
import signal
import subprocess
import sys
import time
from typing import Final

from processors.settings import Settings

PARENT: Final = "RECIBO_PROCESSORS_PARENT"
"""Set in each worker's environment: the supervisor's process id. A worker whose parent is gone leaves."""

_POLL_S: Final = 0.2
_BACKOFF_S_MIN: Final = 0.5
_BACKOFF_S_MAX: Final = 15.0
_HEALTHY_AFTER_S: Final = 30.0

log = logging.getLogger(__name__)


class _Slot:
    """One worker's place: its process, and how long to wait before the next try."""

    def __init__(self, settings: Settings, number: int) -> None:
        self._environ = os.environ | {
            "RECIBO_PROCESSORS_WORKERS": "1",
            "RECIBO_PROCESSORS_WORKER": f"{settings.worker}.{number}",
            "RECIBO_PROCESSORS_METRICS_PORT": str(settings.metrics_port + number),
            PARENT: str(os.getpid()),
        }
        self._number = number
        self._backoff_s = _BACKOFF_S_MIN
        self._start()

    def _start(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", "processors"], env=self._environ)
        self._started_at = time.monotonic()
        self._ended_at: float | None = None

    def keep_running(self) -> None:
        """Start the worker again if it ended, after a pause that grows while it keeps ending."""
        if self.process.poll() is None:
            return
        now = time.monotonic()
        if self._ended_at is None:
            self._ended_at = now
            healthy = now - self._started_at > _HEALTHY_AFTER_S
            self._backoff_s = _BACKOFF_S_MIN if healthy else min(self._backoff_s * 2, _BACKOFF_S_MAX)
            log.error(
                "worker %d ended with code %d; started again in %.1f s",
                self._number,
                self.process.returncode,
                self._backoff_s,
            )
        elif now - self._ended_at >= self._backoff_s:
            self._start()


def supervise(settings: Settings) -> int:
    """Run `settings.workers` processes until SIGTERM or SIGINT. Return the exit code.

    Worker i is named `<worker>.<i>` and serves its metrics on the metrics port + i.
    """
    stopping = False

    def stop(_number: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    slots = [_Slot(settings, number) for number in range(settings.workers)]
    while not stopping:
        time.sleep(_POLL_S)
        for slot in slots:
            slot.keep_running()
    for slot in slots:
        if slot.process.poll() is None:
            slot.process.send_signal(signal.SIGTERM)
    return max(abs(slot.process.wait()) for slot in slots)
