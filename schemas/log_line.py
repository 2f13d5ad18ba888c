"""A line of every stage's log: one JSON object, so that one collector reads them all.

`stage`, `event` (what happened, a sentence), `level`, `logger`, `timestamp`, and what else belongs to it. Payloads, secrets
and full numbers are never in one; what strangers sent is escaped, being a JSON string.
"""

import logging
from typing import Final

import structlog

PROCESSORS: Final[tuple[structlog.typing.Processor, ...]] = (
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)
"""What a line says of itself. For `structlog.configure`, where a stage logs through structlog and not `logging`."""


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
