"""`python -m ingest.relay`: hands webhooks on, in a process of its own. Run one: a second would post everything again."""

import asyncio
import logging
import sys

from ingest.logs import configure_logs
from ingest.relay.app import serve
from ingest.relay.settings import from_environ
from schemas.errors import ReciboError

_CANNOT_GO_ON = 2


def main() -> int:
    """Run the relay until it is told to stop. Return the exit code: 2 where it cannot start or go on."""
    configure_logs("relay")
    try:
        asyncio.run(serve(from_environ()))
    except (ReciboError, OSError) as error:
        logging.getLogger("ingest.relay").critical("the relay cannot go on: %s", error)
        return _CANNOT_GO_ON
    return 0


if __name__ == "__main__":
    sys.exit(main())
