"""`python -m projections`: project every topic into ClickHouse until told to stop."""

import asyncio
import os
import sys

from projections.app import run
from projections.settings import from_environ
from schemas.errors import ReciboError


def main() -> None:
    """Run the projector; exit 1 with the reason where it cannot go on."""
    try:
        asyncio.run(run(from_environ(os.environ)))
    except* ReciboError as errors:
        for error in errors.exceptions:
            print(f"projections: {error}", file=sys.stderr)  # noqa: T201 - the last word of a command
        sys.exit(1)


if __name__ == "__main__":
    main()
