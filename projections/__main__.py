"""`python -m projections`: project every topic into ClickHouse until told to stop."""

import asyncio
import gc
import os
import sys
from typing import Final

from projections.app import run
from projections.settings import from_environ
from runtime.logs import configure_logs
from schemas.errors import ReciboError

_NEW_OBJECTS: Final = 200_000
"""Objects between two collections. A batch is a million short-lived ones, none in a cycle: with Python's own 700,
looking for cycles takes half of the time of decoding (measured)."""


def main() -> None:
    """Run the projector; exit 1 with the reason where it cannot go on."""
    configure_logs("projections")
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 50, 100)
    try:
        asyncio.run(run(from_environ(os.environ)))
    except ReciboError as error:
        print(f"projections: {error}", file=sys.stderr)  # noqa: T201 - the last word of a command
        sys.exit(1)


if __name__ == "__main__":
    main()
