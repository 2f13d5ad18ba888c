"""`python -m processors`: run one worker, or a supervisor of several."""

import asyncio
import gc
import sys
from typing import Final, NoReturn

import faust
import structlog
import uvloop

from processors.app import create_app
from processors.deployment import at_live_generation
from processors.settings import Settings, from_environ
from runtime.known_variables import warn_of_unknown_variables
from runtime.logs import configure_logs
from runtime.sources_file import SourcesFile
from runtime.supervisor import Program, supervise
from schemas.errors import ConfigurationError, DeploymentError

_CANNOT_START: Final = 2
_GC_THRESHOLD = 500_000
"""A batch makes tens of thousands of containers and no cycles: a collection while it is in flight finds nothing."""
_STOP_S_MAX = 60.0
"""A worker drains for as long as its session may take; one that hangs is killed, and resumes from its last commit."""


def main() -> int:
    """Run until SIGTERM or Ctrl-C, then drain and commit. Return the exit code: 2 where it cannot start."""
    try:
        settings = from_environ()
        SourcesFile(settings.config_file, may_be_missing=True).read()  # said here, in one line, and before Faust starts
    except ConfigurationError as error:
        configure_logs("processors")
        structlog.get_logger().critical("the processors cannot start", why=str(error))
        return _CANNOT_START
    configure_logs("processors", worker=settings.worker)
    warn_of_unknown_variables()
    if settings.workers > 1:
        return supervise([_worker(settings, number) for number in range(settings.workers)])
    return _work(settings)


def _work(settings: Settings) -> NoReturn:
    """Run one worker until it is asked to stop; Faust ends the process. Ends it with code 2 where it may not work."""
    try:
        settings = asyncio.run(at_live_generation(settings))
    except DeploymentError as error:
        structlog.get_logger().critical("the processors cannot start", why=str(error))
        sys.exit(_CANNOT_START)
    app = create_app(settings)
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
    sys.exit(main())
