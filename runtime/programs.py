"""A Python program of ours as a child process: how to run it, and how to know that it is ready."""

import ssl
import sys
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

from runtime.ports import HOST
from runtime.supervisor import Program

CHECKOUT = Path(__file__).parents[1]
_ASK_S = 1.0


def python_program(
    name: str,
    module: str,
    ready_url: str,
    *,
    arguments: tuple[str, ...] = (),
    environ: Mapping[str, str] | None = None,
) -> Program:
    """Return how to run `python -m module`; it is ready when `ready_url` answers 2xx."""
    return Program(
        name=name,
        command=(sys.executable, "-m", module, *arguments),
        is_ready=lambda: answers(ready_url),
        environ={**(environ or {}), "PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1"},
    )


def answers(url: str) -> bool:
    """Return whether a GET of `url`, on this machine, is answered 2xx within a second."""
    parts = urlsplit(url)
    host = parts.hostname or HOST
    connection = HTTPConnection(host, parts.port, timeout=_ASK_S)
    if parts.scheme == "https":
        anyone = ssl._create_unverified_context()  # noqa: S323, SLF001 - is it up? Whose name it bears is not asked
        connection = HTTPSConnection(host, parts.port, timeout=_ASK_S, context=anyone)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status // 100 == 2  # noqa: PLR2004 - the class of successful answers
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
