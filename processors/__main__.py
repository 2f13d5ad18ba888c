"""`python -m processors`: run one worker, or a supervisor of several."""

import asyncio
import gc
import sys

import faust
import uvloop

from processors.app import app
from processors.supervisor import supervise
from runtime.logs import configure_logs

_GC_THRESHOLD = 500_000
"""A batch makes tens of thousands of containers and no cycles; what is in flight is looked through in vain."""


def main() -> None:
    """Run until SIGTERM or Ctrl-C, then drain and commit."""
    settings = app.worker.settings
    configure_logs("processors", worker=settings.worker)
    if settings.workers > 1:
        sys.exit(supervise(settings))
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = faust.Worker(app, loop=loop, quiet=True, override_logging=False, redirect_stdouts=False)
    worker.spinner = None  # Faust shows that it starts by one; the log says so
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
