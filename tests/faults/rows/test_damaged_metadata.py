"""The engine's metadata damaged: intake starts and takes events all the same."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from cli.demo import own_stack
from deploy.demo.sources import OWN_SOURCES
from deploy.demo.traffic import generate
from deploy.local.stack import Stack
from runtime.ports import free_port
from tests.support.polling import until


@pytest.fixture
def damaged(tmp_path: Path) -> Iterator[tuple[Stack, str]]:
    """A stack that is starting on a directory whose engine is damaged, and where its ingest is to answer."""
    port = free_port()
    settings = replace(own_stack(tmp_path, starts_fast=True), ingest_port=port)
    with Stack(settings):
        pass
    files = [path for path in tmp_path.rglob("*.sql") if "metadata" in path.parts or "store" in path.parts]
    assert files, "the engine keeps its metadata in files"
    for path in files:
        path.write_bytes(b"\x00damaged\xff" * 20)
    stack = Stack(settings)
    with ExitStack() as ending:

        def start() -> None:
            try:
                stack.start()
            except Exception as error:  # noqa: BLE001 - the engine's trouble is the point
                failures.append(error)

        failures: list[Exception] = []
        starting = threading.Thread(target=start, daemon=True)
        ending.callback(starting.join, 100)
        ending.callback(stack.stop)
        starting.start()
        yield stack, f"http://127.0.0.1:{port}"


@pytest.mark.long_fault
@pytest.mark.timeout(240)
async def test_intake_does_not_wait_for_the_engine(damaged: tuple[Stack, str]) -> None:
    """Broker and ingest are up, and a genuine post is answered 2xx, whatever became of the engine."""
    _, url = damaged
    post = next(post for post in generate(1, 100, OWN_SOURCES, "7", 1_773_144_000_000).posts if post.refusal is None)
    path, headers = post.request()

    async def is_taken() -> bool:
        try:
            answer = await asyncio.to_thread(httpx.post, url + path, content=post.body, headers=headers)
        except httpx.HTTPError:
            return False
        return answer.is_success

    await until(is_taken, "a genuine post to be taken", s_max=40, every_s=0.5)
