"""Reading a file that people write: its text, or the one sentence that says why it cannot be read."""

import errno
import os
import stat
from pathlib import Path

from schemas.errors import ConfigurationError


def read_text(path: Path, variable: str, *, may_be_missing: bool = False) -> str:
    """Return a file's text.

    Args:
        path: the file.
        variable: the environment variable that says where it is, for the message.
        may_be_missing: whether a file that is not there counts as an empty one.

    Raises:
        ConfigurationError: it is missing, a directory, not to be read, or not UTF-8; the message says what to do.
    """
    try:
        data = read_bytes(path)
    except FileNotFoundError as error:
        if may_be_missing:
            return ""
        raise ConfigurationError(
            f"{path}: there is no such file; create it, or set {variable} to where it is"
        ) from error
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; correct it, or set {variable} to another file") from error
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{path}:{line}: not UTF-8: save it as UTF-8") from error


def read_bytes(path: Path) -> bytes:
    """Return a regular file's bytes. Raises OSError, also for what is none: a pipe would be waited for without end."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return file.read()
