"""A process ended between two of its system calls, or whose system calls fail, by strace."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_ATTACH_S: Final = 10.0


def killed_at(call: str, nth: int, path: Path | None = None) -> tuple[str, ...]:
    """Return the words before a command that end it at its nth call of a kind: before the call takes effect.

    strace counts a thread's calls for itself. With `path`, only calls on that file count.
    """
    only = () if path is None else ("-P", str(path))
    return ("strace", "-f", "-qq", "-o", "/dev/null", *only, "-e", f"trace={call}", "-e", _injection(call, nth))


@contextmanager
def killing(pid: int, call: str, nth: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Be attached to a running process and its threads, and end it at its nth call of a kind from now on."""
    with _attached(pid, call, _injection(call, nth)) as tracer:
        yield tracer


@contextmanager
def failing(pid: int, call: str, error: str = "EIO") -> Iterator["subprocess.Popen[bytes]"]:
    """Have every call of a kind of a running process and its threads fail, on whatever file, until this is left."""
    with _attached(pid, call, f"inject={call}:error={error}") as tracer:
        yield tracer


@contextmanager
def _attached(pid: int, call: str, injection: str) -> Iterator["subprocess.Popen[bytes]"]:
    command = ("strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", injection, "-p", str(pid))
    tracer = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert tracer.stderr is not None
    try:
        first = tracer.stderr.readline()  # it says so once it is attached
        assert b"attached" in first, f"strace could not attach: {first!r}"
        yield tracer
    finally:
        tracer.terminate()
        tracer.stderr.close()
        tracer.wait(_ATTACH_S)


def _injection(call: str, nth: int) -> str:
    return f"inject={call}:signal=KILL:when={nth}"
