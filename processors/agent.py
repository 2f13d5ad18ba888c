"""The Faust agent: takes each batch event and gives it to its partition's lane. It decides nothing."""

from collections.abc import Callable
from typing import Any

from processors.lane import BatchInFlight


def make_agent(app: Any, take: Callable[[int, BatchInFlight], None]) -> Any:
    """Return the agent function for `app`, to be registered on the raw topic; `take` gets each partition's batches."""

    async def webhook_raw(stream: Any) -> None:
        """Hand batches over; they are acknowledged by their lane, in order."""
        async for event in stream.noack().events():
            message = event.message
            take(message.partition, _in_flight(app, message))

    return webhook_raw


def _in_flight(app: Any, message: Any) -> BatchInFlight:
    consumer = app.consumer
    size = message.serialized_value_size

    def acknowledge() -> None:
        message.ack(consumer)
        consumer.released(message.tp, size)

    def is_stale() -> bool:
        return bool(message.generation_id != app.consumer_generation_id)

    return BatchInFlight(message.value, acknowledge, is_stale)
