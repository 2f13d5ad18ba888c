"""Says when a program that reads with aiokafka consumes its first raw record, and is not in its way afterwards.

Not its first record of all: our workers read small topics of their own (what is live, what is held) before they join their group.
"""

from typing import Any

from aiokafka.consumer.fetcher import Fetcher

from schemas.topics import RAW
from tests.bench.peers.task import say_first


def announce_first_fetch() -> None:
    """Have the first fetch that gives raw records announced, whatever library sits on aiokafka."""
    fetched_records = Fetcher.fetched_records

    async def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        records = await fetched_records(self, *args, **kwargs)
        if any(partition.topic == RAW for partition in records) and Fetcher.fetched_records is watched:
            Fetcher.fetched_records = fetched_records
            say_first()
        return records

    Fetcher.fetched_records = watched
