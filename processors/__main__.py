"""`python -m processors`: run one worker, or a supervisor of several."""

import asyncio
import gc
import sys

import faust
import uvloop

from processors.app import app
from processors.settings import Settings
from runtime.logs import configure_logs
from runtime.supervisor import Program, supervise

_GC_THRESHOLD = 500_000
"""A batch makes tens of thousands of containers and no cycles; what is in flight is looked through in vain."""
_STOP_S_MAX = 60.0
"""A worker drains for as long as its session may take; one that hangs is killed, and resumes from its last commit."""


def main() -> None:
    """Run until SIGTERM or Ctrl-C, then drain and commit."""
    settings = app.worker.settings
    configure_logs("processors", worker=settings.worker)
    if settings.workers > 1:
        sys.exit(supervise([_worker(settings, number) for number in range(settings.workers)]))
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = faust.Worker(app, loop=loop, quiet=True, override_logging=False, redirect_stdouts=False)
    worker.spinner = None  # Faust shows that it starts by one; the log says so
    worker.execute_from_commandline()


def _worker(settings: Settings, number: int) -> Program:
    """Return worker `number`: named `<worker>.<number>`, its metrics on the metrics port + `number`."""
    return Program(
        f"worker {number}",
        (sys.executable, "-m", "processors"),
        environ={
            "RECIBO_PROCESSORS_WORKERS": "1",
            "RECIBO_PROCESSORS_WORKER": f"{settings.worker}.{number}",
            "RECIBO_PROCESSORS_METRICS_PORT": str(settings.metrics_port + number),
        },
        stop_s_max=_STOP_S_MAX,
    )


if __name__ == "__main__":
    main()
