"""Replacing a file so that a reader, or a power cut, finds the old bytes or the new ones and nothing between."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def replace_file(path: Path, content: str | bytes, *, mode: int | None = None) -> None:
    """Put `content` in place of the file's (the file is made where there is none).

    Args:
        path: the file; its folder is made where there is none.
        content: the new bytes, or text written as UTF-8.
        mode: permission bits; None: those of the file there is, or the usual ones.
    """
    with new_file(path, mode=mode) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def new_file(path: Path, *, mode: int | None = None, is_sole_writer: bool = False) -> Iterator[BinaryIO]:
    """Write a file that is in its place once the context is left: synced, its folder too. After an error none is.

    Args:
        path: the file; its folder is made where there is none.
        mode: permission bits; None: those of the file there is, or the usual ones.
        is_sole_writer: whether a lock keeps others away: then what a crash left unfinished is overwritten by the next
            try; else each process has a name of its own for it.
    """
    path = path.resolve() if path.is_symlink() else path  # what a link leads to is replaced, not the link
    make_folder(path.parent)
    if mode is None:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    unfinished = path.with_name(f".{path.name}.part" if is_sole_writer else f".{path.name}.{os.getpid()}.part")
    unfinished.unlink(missing_ok=True)  # left by a crash
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder that a power cut leaves there, and those above it."""
    if not folder.exists():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
