"""`python -m ingest`: one worker, or a supervisor of several."""

import asyncio
import logging
import os
import resource
import signal
import socket
import sys
from typing import Final

import structlog
import uvloop

from ingest.app import serve
from ingest.settings import Settings, from_environ
from runtime.kafka.clients import check_files
from runtime.known_variables import warn_of_unknown_variables
from runtime.logs import configure_logs
from runtime.ports import listen
from runtime.secrets_file import warn_of_exposed_secrets
from runtime.sources_file import SourcesFile
from runtime.supervisor import Program, supervise
from runtime.tasks import Tasks
from schemas.errors import ConfigurationError, DeploymentError, TaskDied

_WORKER: Final = "RECIBO_INGEST_WORKER"
"""Set by the supervisor in each worker's environment: its number."""
_SOCKET: Final = "RECIBO_INGEST_SOCKET_FD"
"""Set by the supervisor: the listening socket's file descriptor, inherited."""
_STOP_MARGIN_S: Final = 4.0
_BROKEN: Final = 1
_CANNOT_START: Final = 2
_OTHER_FILES_MAX = 256
"""File descriptors beside connections: spool, Kafka, watches, libraries."""

log = structlog.get_logger()


def main() -> int:
    """Run ingest until it is asked to stop. Return the exit code.

    2 where it cannot start, with the reason in the log; 1 where it stopped because one of its long-lived tasks died.
    """
    worker = os.environ.get(_WORKER)
    configure_logs("ingest", aiokafka=logging.CRITICAL, worker=int(worker or 0))
    try:
        settings = from_environ()
        warn_of_unknown_variables()
        check_files(settings.kafka)
        warn_of_exposed_secrets(settings.secrets_file)
        _allow_open_files(settings.connections_max + _OTHER_FILES_MAX)
        if worker is not None:
            return _serve(settings, socket.socket(fileno=int(os.environ[_SOCKET])), int(worker))
        SourcesFile(settings.config_file, settings.secrets_file).read(needs_secrets=True)  # before any worker starts
        with listen(settings.host, settings.port) as listener:
            if settings.workers == 1:
                return _serve(settings, listener, 0)
            workers = [_worker(settings, listener, number) for number in range(settings.workers)]
            return supervise(workers, hands_on=[signal.SIGHUP])  # every worker reads its configuration again
    except (ConfigurationError, DeploymentError, OSError) as error:
        log.critical("ingest cannot start", why=str(error))
        return _CANNOT_START


def _worker(settings: Settings, listener: socket.socket, number: int) -> Program:
    return Program(
        f"worker {number}",
        (sys.executable, "-m", "ingest"),
        environ={_WORKER: str(number), _SOCKET: str(listener.fileno())},
        stop_s_max=settings.shutdown_ms_max / 1000 + _STOP_MARGIN_S,
        file_descriptors=(listener.fileno(),),
    )


def _serve(settings: Settings, listener: socket.socket, worker: int) -> int:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(serve(settings, listener, Tasks(), worker))
        except TaskDied as error:
            log.critical("ingest has drained and ends, to be started again", why=str(error))
            return _BROKEN
    return 0


def _allow_open_files(count: int) -> None:
    """Raise the limit of open files, so that the last connections are refused by us and not by the kernel."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        if wanted < count:
            log.warning("too few files may be open: raise the hard limit", allowed=wanted, needed=count)


if __name__ == "__main__":
    sys.exit(main())
