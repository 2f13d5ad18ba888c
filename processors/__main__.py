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

_GC_THRESHOLD = 100_000


def main() -> None:
    """Run until SIGTERM or Ctrl-C, then drain and commit."""
    level = os.environ.get("RECIBO_LOG_LEVEL", "INFO")
    logging.basicConfig(level=level)
    settings = app.worker.settings
    if settings.workers > 1:
        sys.exit(supervise(settings))
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)  # a batch makes tens of thousands of containers and no cycles
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = faust.Worker(app, loop=loop, loglevel=level)
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
