"""Questions that come while one is under way go as one, and one that fails takes no other with it."""

import asyncio
from collections.abc import Sequence

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from runtime.clickhouse.error_codes import ReaderLimit
from serving.api.together import Together

TOO_LARGE = DatabaseError("memory limit", code=int(next(iter(ReaderLimit))))


class Tables:
    """Answers with what was asked, in capitals; nothing of "nobody"; not at all while closed; refuses "large" in company."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[str]]] = []
        self.open = asyncio.Event()
        self.away = False

    async def answers(self, group: str, ids: Sequence[str]) -> dict[str, str]:
        """Answer."""
        self.asked.append((group, sorted(ids)))
        await self.open.wait()
        if self.away:
            raise OperationalError("away")
        if "large" in ids:
            raise TOO_LARGE
        return {id_: id_.upper() for id_ in ids if id_ != "nobody"}


async def begun(together: Together[str, str], group: str, *ids: str) -> list["asyncio.Task[str | None]"]:
    """Ask about some, and let each ask come to where it waits."""
    tasks = [asyncio.create_task(together.ask(group, id_)) for id_ in ids]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_what_waits_goes_as_one() -> None:
    """One question of a group at a time, of as many as may be; each asker has its own answer, two of one the same."""
    tables = Tables()
    together = Together(tables.answers, 3)
    first = await begun(together, "g", "a")
    later = await begun(together, "g", "b", "nobody", "b", "c", "d")
    other = await begun(together, "h", "b")
    tables.open.set()
    assert await asyncio.gather(*first, *later, *other) == ["A", "B", None, "B", "C", "D", "B"]
    assert tables.asked == [("g", ["a"]), ("h", ["b"]), ("g", ["b", "c", "nobody"]), ("g", ["d"])]


async def test_whoever_is_refused_is_so_alone() -> None:
    """Beyond a limit of the engine one fails, and what was asked together with it is answered."""
    tables = Tables()
    together = Together(tables.answers, 16)
    first = await begun(together, "g", "a")
    later = await begun(together, "g", "b", "large", "c")
    tables.open.set()
    answers = await asyncio.gather(*first, *later, return_exceptions=True)
    assert answers == ["A", "B", TOO_LARGE, "C"]


async def test_an_engine_that_is_away_is_so_for_all() -> None:
    """Nothing is asked again, and the next question is asked anew."""
    tables = Tables()
    together = Together(tables.answers, 16)
    tasks = await begun(together, "g", "a") + await begun(together, "g", "b", "c")
    tables.away = True
    tables.open.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(answer, OperationalError) for answer in answers)
    assert len(tables.asked) == 2
    tables.away = False
    assert await together.ask("g", "a") == "A"


async def test_who_leaves_takes_no_other_along() -> None:
    """An asker that is cancelled leaves the question to those who wait for it."""
    tables = Tables()
    together = Together(tables.answers, 16)
    leaving, staying = await begun(together, "g", "a", "a")
    leaving.cancel()
    tables.open.set()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert await staying == "A"
