"""Long-lived tasks: none dies unseen, and one that ends unexpectedly ends what depends on it."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import structlog

from schemas.errors import ReciboError, TaskDied

log = structlog.get_logger()


def _nothing() -> None:
    """Nobody has asked for the deaths yet."""


class Tasks:
    """The long-lived tasks of a process, or of a part of it that ends by itself.

    A death is an end that nobody asked for: an error, a return of what should run for ever, a cancellation that came
    from within. It is logged with its traceback, kept in `deaths`, and `on_death` is called.
    """

    def __init__(self, on_death: Callable[[], None] = _nothing) -> None:
        """Begin without tasks.

        Args:
            on_death: called at each death; must end what depends on the task, in the end the process, with a code
                that makes its supervisor start it again.
        """
        self.on_death = on_death
        self.running: set[asyncio.Task[None]] = set()
        self.deaths: dict[str, BaseException] = {}
        """Name → what ended the task."""

    @property
    def why(self) -> list[str]:
        """What died and of what, a sentence each; empty while all is well."""
        return [f"{name} died: {error!r}" for name, error in self.deaths.items()]

    def start(
        self, name: str, coroutine: Coroutine[Any, Any, None], *, may_return: bool = False
    ) -> "asyncio.Task[None]":
        """Run a coroutine as a task. `may_return`: it has an end of its own, so that only an error is a death."""
        task = asyncio.create_task(coroutine, name=name)
        self.running.add(task)
        task.add_done_callback(partial(self._ended, may_return=may_return))
        return task

    async def cancel(self, *tasks: "asyncio.Task[None]") -> None:
        """Cancel these tasks, and return when they have ended. Raises nothing of theirs."""
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """Cancel all tasks, and return when they have ended."""
        await self.cancel(*self.running)

    def raise_death(self) -> None:
        """Raise the first death, if there was one.

        Raises:
            TaskDied: from the error that ended the task.
        """
        for name, error in self.deaths.items():
            reason = str(error) if isinstance(error, ReciboError) else repr(error)
            raise TaskDied(f"{name} died: {reason}") from error

    def _ended(self, task: "asyncio.Task[None]", *, may_return: bool) -> None:
        self.running.discard(task)
        if task.cancelled():
            if task.cancelling():
                return
            error: BaseException | None = asyncio.CancelledError("cancelled from within")
        else:
            error = task.exception()
            if error is None and may_return:
                return
        error = error or RuntimeError("it returned, and should run for ever")
        self.deaths.setdefault(task.get_name(), error)
        log.critical("a long-lived task died", task=task.get_name(), why=repr(error), exc_info=error)
        self.on_death()
