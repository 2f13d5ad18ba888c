"""What the drain cannot do now, file by file: said once in the logs, and for as long as it lasts in metrics and at /readyz."""

from enum import StrEnum
from pathlib import Path

import structlog

log = structlog.get_logger()


class Trouble(StrEnum):
    """What an operator has to look at."""

    STUCK = "stuck"
    """A segment cannot be read, or its records cannot be appended; the others are drained."""
    FOREIGN = "foreign"
    """A segment holds what another deployment, of other topics, acknowledged; it is not appended to ours."""
    UNDELETABLE = "undeletable"
    """A segment is drained and cannot be deleted. It is not drained again by this process."""
    UNADOPTABLE = "unadoptable"
    """The directory of a worker that is gone cannot be taken over."""
    STRAY = "stray"
    """A file is none of the spool's: it is left alone."""


class Troubles:
    """The troubles that there are now."""

    def __init__(self) -> None:
        self.now: dict[Path, tuple[Trouble, str]] = {}
        """File or directory → what, and why."""

    def note(self, path: Path, trouble: Trouble, why: str) -> None:
        """Say it where it is new, and remember it."""
        if self.now.get(path, ("",))[0] != trouble:
            log.error("the spool has a trouble; `recibo spool list` shows it", what=trouble, path=str(path), why=why)
        self.now[path] = (trouble, why)

    def clear(self, path: Path) -> None:
        """Forget the trouble with a file: it is over."""
        self.now.pop(path, None)

    def count(self, trouble: Trouble) -> int:
        """Return how many files are in such a trouble."""
        return sum(kind is trouble for kind, _ in self.now.values())

    def sentences(self) -> list[str]:
        """Return one sentence for each."""
        return [f"{path}: {trouble}: {why}" for path, (trouble, why) in sorted(self.now.items())]
