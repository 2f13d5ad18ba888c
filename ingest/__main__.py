"""`python -m ingest`: one worker, or a supervisor of several."""

import asyncio
import logging
import os
import resource
import socket
import sys

import uvloop

from ingest.app import serve
from ingest.settings import Settings, from_environ
from ingest.supervisor import SOCKET, WORKER, listen, supervise
from runtime.known_variables import warn_of_unknown_variables
from runtime.logs import configure_logs
from runtime.sources_file import SourcesFile
from schemas.errors import ConfigurationError

_CANNOT_START = 2
_OTHER_FILES_MAX = 256
"""File descriptors beside connections: spool, Kafka, watches, libraries."""


def main() -> int:
    """Run ingest until it is told to stop. Return the exit code: 2 where it cannot start, with the reason in the log."""
    worker = os.environ.get(WORKER)
    configure_logs("ingest", aiokafka=logging.CRITICAL, worker=int(worker or 0))
    try:
        settings = from_environ()
        warn_of_unknown_variables()
        _allow_open_files(settings.connections_max + _OTHER_FILES_MAX)
        if worker is not None:
            return _serve(
                settings, [socket.socket(fileno=int(os.environ[SOCKET])), *_metrics_socket(settings, int(worker))]
            )
        SourcesFile(settings.config_file, settings.secrets_file).read(needs_secrets=True)  # before any worker starts
        listener = listen(settings.host, settings.port)
        with listener:
            return _serve(settings, [listener]) if settings.workers == 1 else supervise(settings, listener)
    except (ConfigurationError, OSError) as error:
        logging.getLogger("ingest").critical("ingest cannot start: %s", error)
        return _CANNOT_START


def _serve(settings: Settings, sockets: list[socket.socket]) -> int:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings, sockets))
    return 0


def _allow_open_files(count: int) -> None:
    """Raise the limit of open files, so that the last connections are refused by us and not by the kernel."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        if wanted < count:
            logging.getLogger("ingest").warning("only %d files may be open: raise the hard limit to %d", wanted, count)


def _metrics_socket(settings: Settings, worker: int) -> list[socket.socket]:
    """A worker's own port, where its metrics can be asked for: the shared port answers for whichever worker it meets."""
    return [listen(settings.host, settings.metrics_port + worker)] if settings.metrics_port else []


if __name__ == "__main__":
    sys.exit(main())
