"""`python -m processors`: run one worker, or a supervisor of several."""

import asyncio
import gc
import logging
import os
import sys

import faust
import uvloop

from processors.app import app
from processors.workers import supervise
from schemas import log_line

_GC_THRESHOLD = 500_000
"""A batch makes tens of thousands of containers and no cycles; what is in flight is looked through in vain."""


def main() -> None:
    """Run until SIGTERM or Ctrl-C, then drain and commit."""
    settings = app.worker.settings
    _configure_logs(settings.worker)
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


def _configure_logs(worker: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(log_line.formatter("processors", worker=worker))
    logging.basicConfig(level=os.environ.get("RECIBO_LOG_LEVEL", "INFO"), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)


if __name__ == "__main__":
    main()
