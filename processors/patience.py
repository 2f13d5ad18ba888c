"""Waiting for Kafka: a call is made again for as long as Kafka is away."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from runtime.failure import Failure
from runtime.kafka.failures import kafka_failure

log = structlog.get_logger()

_PAUSE_S: Final = 0.5
_TOLD_EVERY_S: Final = 30.0

T = TypeVar("T")


async def while_away(call: Callable[[], Awaitable[T]], what: str) -> T:
    """Return what `call` gives, calling it again while it fails because Kafka is away. Raises its other errors.

    Args:
        call: may be made again after such a failure without doing anything twice.
        what: it does, for the log.
    """
    told_at = float("-inf")
    while True:
        try:
            return await call()
        except Exception as error:
            if kafka_failure(error) is not Failure.AWAY:
                raise
            if time.monotonic() - told_at > _TOLD_EVERY_S:
                told_at = time.monotonic()
                log.warning("Kafka is away; waiting", what=what, why=repr(error))
        await asyncio.sleep(_PAUSE_S)
