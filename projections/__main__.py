"""`python -m projections`: project every topic into ClickHouse until told to stop."""

import asyncio
import gc
import logging
import os
import sys
from typing import Final

import structlog

from projections.app import run
from projections.settings import from_environ
from schemas import log_line
from schemas.errors import ReciboError

_NEW_OBJECTS: Final = 200_000
"""Objects between two collections. A batch is a million short-lived ones, none in a cycle: with Python's own 700,
looking for cycles takes half of the time of decoding (measured)."""


def main() -> None:
    """Run the projector; exit 1 with the reason where it cannot go on."""
    _configure_logs()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 50, 100)
    try:
        asyncio.run(run(from_environ(os.environ)))
    except* ReciboError as errors:
        for error in errors.exceptions:
            print(f"projections: {error}", file=sys.stderr)  # noqa: T201 - the last word of a command
        sys.exit(1)


def _configure_logs() -> None:
    structlog.configure(
        processors=[*log_line.PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(log_line.formatter("projections"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for noisy in ("aiokafka", "clickhouse_connect", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


if __name__ == "__main__":
    main()
