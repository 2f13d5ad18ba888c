"""Posts the traffic over real HTTP as an impatient provider would: concurrent, keep-alive, again when refused for now."""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Final

from deploy.demo.attempts import Attempt
from deploy.demo.client import Connection, NoAnswer
from deploy.demo.traffic import Traffic

ANSWER_S_MAX: Final = 10.0
_TRIES_MAX: Final = 60
_BACKOFF_S: Final = 0.1
_BACKOFF_S_MAX: Final = 2.0


async def post_traffic(
    traffic: Traffic, url: str, connections: int, told: Callable[[Attempt], None], stop: asyncio.Event | None = None
) -> None:
    """Post everything once, in order, and what was not taken again until it is or was tried 60 times.

    Args:
        traffic: what to post.
        url: origin of the deployment, e.g. `http://127.0.0.1:8080`.
        connections: how many keep-alive connections post at the same time.
        told: called with each attempt as it ends.
        stop: when set, nothing new is posted.
    """
    order = iter(traffic.order)
    async with asyncio.TaskGroup() as workers:
        for _ in range(connections):
            workers.create_task(_work(traffic, order, Connection(url, ANSWER_S_MAX), told, stop))


async def _work(
    traffic: Traffic,
    order: Iterator[int],
    connection: Connection,
    told: Callable[[Attempt], None],
    stop: asyncio.Event | None,
) -> None:
    try:
        for index in order:
            if stop is not None and stop.is_set():
                return
            for tries in range(_TRIES_MAX):
                attempt = await _attempt(traffic, index, connection)
                told(attempt)
                if not (attempt.uncertain or attempt.status == 429):  # noqa: PLR2004 - Too Many Requests
                    break
                await asyncio.sleep(min(_BACKOFF_S * 2**tries, _BACKOFF_S_MAX))
    finally:
        connection.close()


async def _attempt(traffic: Traffic, index: int, connection: Connection) -> Attempt:
    post = traffic.posts[index]
    path, headers = post.request()
    sent_at_ms = _now_ms()
    try:
        status: int | None = await connection.post(path, headers, post.body)
    except NoAnswer:
        status = None
    return Attempt(index, status, sent_at_ms, _now_ms())


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
