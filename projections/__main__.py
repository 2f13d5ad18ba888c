"""`python -m projections`: project every topic into ClickHouse until asked to stop."""

import asyncio
import gc
import sys
from typing import Final

import structlog

from projections.app import run
from projections.settings import from_environ
from runtime.known_variables import warn_of_unknown_variables
from runtime.logs import configure_logs
from schemas.errors import ConfigurationError, ReciboError

_CANNOT_START: Final = 2
_CANNOT_CONTINUE: Final = 1
_NEW_OBJECTS: Final = 200_000
"""Objects between two collections. A batch is a million short-lived ones, none in a cycle: with Python's own 700,
looking for cycles takes half of the time of decoding (measured)."""


def main() -> int:
    """Run the projector. Return the exit code: 2 where it cannot start, 1 where it cannot continue."""
    configure_logs("projections")
    try:
        settings = from_environ()
    except ConfigurationError as error:
        structlog.get_logger().critical("the projections cannot start", why=str(error))
        return _CANNOT_START
    warn_of_unknown_variables()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 50, 100)
    try:
        asyncio.run(run(settings))
    except ReciboError as error:
        print(f"projections: {error}", file=sys.stderr)  # noqa: T201 - the last word of a command
        return _CANNOT_CONTINUE
    return 0


if __name__ == "__main__":
    sys.exit(main())
