"""Long-lived tasks: which end is a death, and what a death causes."""

import asyncio

import pytest

from runtime.tasks import Tasks
from schemas.errors import StateRefused, TaskDied


async def lives() -> None:
    """Run until cancelled."""
    await asyncio.Event().wait()


async def returns() -> None:
    """Return at once."""


async def fails() -> None:
    """Fail with an error of ours."""
    raise StateRefused("another cluster: choose an empty directory")


async def is_cancelled_from_within() -> None:
    """Await a future that somebody else cancels."""
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


@pytest.mark.parametrize(
    ("dies", "why"),
    [
        (fails, "another cluster: choose an empty directory"),
        (returns, "it returned, and should run for ever"),
        (is_cancelled_from_within, "cancelled from within"),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
async def test_an_end_that_nobody_asked_for_is_a_death(dies: type, why: str) -> None:
    """An error, a return and a cancellation from within are reported once, kept, and raised with the task's name."""
    told: list[str] = []
    tasks = Tasks(on_death=lambda: told.append("died"))
    other = tasks.start("other", lives())
    await asyncio.wait([tasks.start("fake", dies())])
    await asyncio.sleep(0)
    assert told == ["died"]
    assert list(tasks.deaths) == ["fake"]
    assert why in tasks.why[0]
    with pytest.raises(TaskDied, match=f"fake died: .*{why}"):
        tasks.raise_death()
    assert not other.done()
    await tasks.close()


async def test_ends_that_were_asked_for_are_no_deaths() -> None:
    """A task that is cancelled, or that returns where it may, ends without a word."""
    tasks = Tasks(on_death=lambda: pytest.fail("nothing died"))
    one, _other = tasks.start("one", lives()), tasks.start("other", lives())
    await asyncio.wait([tasks.start("brief", returns(), may_return=True)])
    await tasks.cancel(one)
    await tasks.close()
    await asyncio.sleep(0)
    assert not tasks.running
    tasks.raise_death()


async def test_a_task_that_may_return_may_not_fail() -> None:
    """An error is a death wherever it comes from."""
    tasks = Tasks()
    await asyncio.wait([tasks.start("brief", fails(), may_return=True)])
    await asyncio.sleep(0)
    assert list(tasks.deaths) == ["brief"]
