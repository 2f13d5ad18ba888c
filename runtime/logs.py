"""Every process's log: one JSON object a line on stderr, so that one collector reads them all.

`stage`, `event` (what happened, a sentence), `level`, `logger`, `timestamp`, and what else belongs to it. Payloads, secrets
and full numbers are never in one; what strangers sent is escaped, being a JSON string.
"""

import logging
import os
import sys
from typing import Final

import structlog

PROCESSORS: Final[tuple[structlog.typing.Processor, ...]] = (
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)
"""What a line says of itself."""
_LEVELS_OF_LIBRARIES: Final = {
    # One line a refused byte sequence would let strangers write our logs; the metrics count them.
    "uvicorn.error": logging.ERROR,
    # It reports every change in the directory, our own log too.
    "watchfiles": logging.WARNING,
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,  # it writes whole URLs: of an engine's, what was asked
    "clickhouse_connect": logging.ERROR,
    "urllib3": logging.ERROR,
}


def configure_logs(stage: str, *, aiokafka: int = logging.ERROR, **fields: str | int) -> None:
    """Send every log of this process, ours and the libraries', through structlog or `logging`, to stderr.

    Args:
        stage: which part writes.
        aiokafka: level of the Kafka client; CRITICAL where the stage itself says, once, that Kafka is away.
        fields: said in each line, e.g. the number of the worker process.

    `RECIBO_LOG_LEVEL` (default INFO) is the least level of all others; one that is no level is refused by the settings.
    """
    structlog.configure(
        processors=[*PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(stage, **fields))
    logging.basicConfig(level=_level(os.environ.get("RECIBO_LOG_LEVEL", "")), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for library, level in {**_LEVELS_OF_LIBRARIES, "aiokafka": aiokafka}.items():
        logging.getLogger(library).setLevel(level)


def _level(text: str) -> int:
    return logging.getLevelNamesMapping().get(text.strip().upper(), logging.INFO)


def formatter(stage: str, **fields: str | int) -> logging.Formatter:
    """Return the formatter of a stage's log.

    Args:
        stage: which part writes.
        fields: said in each line, e.g. the number of the worker process.
    """
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=(structlog.stdlib.ExtraAdder(), *PROCESSORS),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            lambda _logger, _name, event: {"stage": stage, **fields, **event},
            structlog.processors.JSONRenderer(),
        ],
    )
