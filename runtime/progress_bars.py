"""The progress of long work, for people: bars on a terminal, a line a step, and now and then one more, elsewhere."""

import time
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

_BETWEEN_LINES_S: Final = 5.0


class ProgressBars:
    """One bar a step; a step's bar appears when it begins."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._console = console
        self._progress = Progress(*columns, console=console, refresh_per_second=4, disable=not console.is_terminal)
        self._tasks: dict[str, TaskID] = {}
        self._step = ""
        self._next_line = 0.0

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Draw no more."""
        self._progress.stop()

    def __call__(self, step: str, done: int, of: int) -> None:
        """Take note that `done` of `of` are done in `step`."""
        if not self._console.is_terminal:
            self._say(step, f"{step}: {done:,} of {of:,}")
            return
        task = self._tasks.get(step)
        if task is None:
            task = self._tasks[step] = self._progress.add_task(step, total=of)
        self._progress.update(task, completed=done, total=of)

    def _say(self, step: str, line: str) -> None:
        now = time.monotonic()
        if step != self._step or now >= self._next_line:
            self._step = step
            self._next_line = now + _BETWEEN_LINES_S
            self._console.print(line, highlight=False)
