"""Replacing a file so that a reader, or a power cut, finds the old bytes or the new ones and nothing between."""

import os
from pathlib import Path


def replace_file(path: Path, text: str, *, mode: int | None = None) -> None:
    """Put `text` in place of the file's content (made where there is none).

    Args:
        path: the file; its folder is made where there is none.
        text: the new content, written as UTF-8.
        mode: permission bits; None: those of the file there is, or the usual ones.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if mode is None:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
