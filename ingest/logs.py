"""Logs: one JSON object a line, without payloads, secrets or full numbers; what strangers sent is escaped."""

import logging
import sys

from schemas import log_line


def configure_logs(stage: str, **fields: str | int) -> None:
    """Send every log of this process, ours and the libraries', to stderr as JSON lines.

    Args:
        stage: ingest or relay.
        fields: said in each line, e.g. the number of the worker process.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(log_line.formatter(stage, **fields))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    # One line a refused byte sequence would let strangers write our logs; the metrics count them.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    # watchfiles tells of every change in the directory, our own log too
    for noisy in ("watchfiles", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # who uses it says when Kafka is away, once
