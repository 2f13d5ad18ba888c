"""`python -m relay`: hands webhooks on, in a process of its own. Run one: a second would post everything again."""

import asyncio
import logging
import sys

import structlog

from relay.app import serve
from relay.settings import from_environ
from runtime.kafka.clients import check_files
from runtime.known_variables import warn_of_unknown_variables
from runtime.logs import configure_logs
from schemas.errors import ReciboError

_CANNOT_GO_ON = 2

log = structlog.get_logger()


def main() -> int:
    """Run the relay until it is asked to stop. Return the exit code: 2 where it cannot start or continue."""
    configure_logs("relay", aiokafka=logging.CRITICAL)
    try:
        settings = from_environ()
        warn_of_unknown_variables()
        check_files(settings.kafka)
        asyncio.run(serve(settings))
    except (ReciboError, OSError) as error:
        log.critical("the relay cannot continue", why=str(error))
        return _CANNOT_GO_ON
    return 0


if __name__ == "__main__":
    sys.exit(main())
