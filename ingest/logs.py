"""Logs: one JSON object a line, without payloads, secrets or full numbers; what strangers sent is escaped."""

import logging
import sys
from typing import Final

import structlog

_SHARED: Final[tuple[structlog.typing.Processor, ...]] = (
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)


def configure_logs(worker: int) -> None:
    """Send every log of this process, ours and the libraries', to stderr as JSON lines.

    Args:
        worker: number of the worker process, said in each line.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                lambda _logger, _name, event: {"stage": "ingest", "worker": worker, **event},
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    # One line a refused byte sequence would let strangers write our logs; the metrics count them.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    logging.getLogger("watchfiles").setLevel(
        logging.WARNING
    )  # it tells of every change in the directory, our own log too
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # durable_log says when Kafka is away, once
