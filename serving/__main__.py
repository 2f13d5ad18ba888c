"""`python -m serving`: answers questions over HTTP. It keeps nothing: several may run behind one address."""

import asyncio
import logging
import sys

import structlog

from runtime.kafka.clients import check_files
from runtime.known_variables import warn_of_unknown_variables
from runtime.logs import configure_logs
from schemas.errors import ReciboError
from serving.app import serve
from serving.settings import from_environ

_CANNOT_GO_ON = 2

log = structlog.get_logger()


def main() -> int:
    """Run the API until it is asked to stop. Return the exit code: 2 where it cannot start or continue."""
    configure_logs("api", aiokafka=logging.CRITICAL)
    try:
        settings = from_environ()
        warn_of_unknown_variables()
        check_files(settings.kafka)
        asyncio.run(serve(settings))
    except (ReciboError, OSError) as error:
        log.critical("the API cannot continue", why=str(error))
        return _CANNOT_GO_ON
    return 0


if __name__ == "__main__":
    sys.exit(main())
