"""The progress of a run, for people."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class ProgressBars:
    """One bar a step; a step's bar appears when it begins."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description:>8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, refresh_per_second=4)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Draw no more."""
        self._progress.stop()

    def __call__(self, step: str, done: int, of: int) -> None:
        """Take note that `done` of `of` are done in `step`."""
        task = self._tasks.get(step)
        if task is None:
            task = self._tasks[step] = self._progress.add_task(step, total=of)
        self._progress.update(task, completed=done, total=of)
