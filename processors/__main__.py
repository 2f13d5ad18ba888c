"""`python -m processors`: run one worker."""

import asyncio
import gc
import logging
import os

import faust
import uvloop

from processors.app import app

_GC_THRESHOLD = 100_000


def main() -> None:
    """Run the worker until SIGTERM or Ctrl-C, then drain and commit."""
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)  # a batch makes tens of thousands of containers and no cycles
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    logging.basicConfig(level=os.environ.get("RECIBO_LOG_LEVEL", "INFO"))
    worker = faust.Worker(app, loop=loop, loglevel=os.environ.get("RECIBO_LOG_LEVEL", "INFO"))
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
