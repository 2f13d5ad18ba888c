"""How a contract names what was read of a third party: signatures, and digests of sources."""

import hashlib
import inspect
from collections.abc import Callable
from typing import Any


def parameters(function: Callable[..., Any]) -> list[str]:
    """Return the names of a function's parameters."""
    return list(inspect.signature(function).parameters)


def check_as_read(function: Callable[..., Any], known: str, look_at: str) -> None:
    """Fail where a function's source is not the one whose digest is `known`, and say what to look at in it."""
    digest = hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:16]
    assert digest == known, f"{function.__module__}.{function.__qualname__} changed ({digest}). Look at: {look_at}"
