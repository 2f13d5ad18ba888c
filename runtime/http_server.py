"""An HTTP server within a process that minds its signals itself."""

import contextlib
from collections.abc import Iterator

import uvicorn


class Server(uvicorn.Server):
    """uvicorn's server, leaving signals to the process: its own handling would end the process before it has let go of
    what it holds.
    """

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
