"""Files of a local stack are its owner's alone: bodies, numbers and secrets are among them."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

PRIVATE_UMASK: Final = 0o077
"""Of every process of the stack: nobody else may read or write what it makes."""
_OTHERS: Final = 0o077


def make_private(directory: Path, on_step: Callable[[str], None]) -> None:
    """Make a data directory that its owner alone may enter, or make it so where it is there.

    One in which more is than a stack's (the working directory, or one above it) is left as it is, and that is told.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode = directory.stat().st_mode & 0o777
    if not mode & _OTHERS:
        return
    if Path.cwd().is_relative_to(directory.resolve()):
        on_step(f"others may read {directory}, which holds more than this stack: choose another with --data-dir")
        return
    directory.chmod(mode & ~_OTHERS)
