"""Questions of one kind that come while one is under way are put together, as one: most of a statement's cost is its planning."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Final, Generic, TypeVar

from clickhouse_connect.driver.exceptions import DatabaseError

from runtime.clickhouse.error_codes import ReaderLimit
from runtime.tasks import Tasks

Group = TypeVar("Group", bound=Hashable)
Answer = TypeVar("Answer")
_LIMITS: Final = frozenset(map(int, ReaderLimit))
Waiting = dict[str, asyncio.Future[Answer | None]]


class Together(Generic[Group, Answer]):
    """Asks about things by their ids: of one group one question is under way at a time, and what waits meanwhile is the next."""

    def __init__(
        self, answers: Callable[[Group, Sequence[str]], Awaitable[Mapping[str, Answer]]], at_once_max: int
    ) -> None:
        """Ask by `answers`, which returns what is known of each of some ids, at most `at_once_max` of them."""
        self._answers = answers
        self._at_once_max = at_once_max
        self._waiting: dict[Group, Waiting[Answer]] = {}
        self._under_way: set[Group] = set()
        self._tasks = Tasks()

    async def ask(self, group: Group, of: str) -> Answer | None:
        """Return the answer about `of`, None where there is none. Raises what asking raises."""
        waiting = self._waiting.setdefault(group, {})
        if of not in waiting:
            waiting[of] = asyncio.get_running_loop().create_future()
            waiting[of].add_done_callback(_looked_at)
        answer = waiting[of]
        if group not in self._under_way:
            self._under_way.add(group)
            self._tasks.start("questions together", self._go_on(group), may_return=True)
        return await asyncio.shield(answer)  # others may wait for it too

    async def _go_on(self, group: Group) -> None:
        try:
            while waiting := self._waiting.pop(group, None):
                next_, later = list(waiting.items())[: self._at_once_max], list(waiting.items())[self._at_once_max :]
                if later:
                    self._waiting[group] = dict(later)
                await self._answer(group, dict(next_))
        finally:
            self._under_way.discard(group)

    async def _answer(self, group: Group, asked: Waiting[Answer]) -> None:
        try:
            found = await self._answers(group, list(asked))
        except Exception as error:  # noqa: BLE001 - it is each asker's
            if len(asked) > 1 and isinstance(error, DatabaseError) and error.code in _LIMITS:
                # what is too much may be one of them, which is to be refused alone
                await asyncio.gather(*(self._answer(group, {of: answer}) for of, answer in asked.items()))
                return
            for answer in asked.values():
                answer.set_exception(error)
        else:
            for of, answer in asked.items():
                answer.set_result(found.get(of))
        finally:
            for answer in asked.values():
                answer.cancel()  # where nothing was set: the process ends


def _looked_at(answer: "asyncio.Future[Answer | None]") -> None:
    if not answer.cancelled():
        answer.exception()
