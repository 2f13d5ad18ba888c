"""The command line that all benchmarks share: `--help`, parts by name (PARTS=), and an end."""

import argparse
import os
import signal
from collections.abc import Callable, Iterable
from typing import Any, Final

MINUTES_MAX: Final = 40
"""A benchmark takes no longer: whoever waits for it has other things to measure."""


def begin(
    description: str | None,
    parts: Iterable[str] | None = (),
    add_options: Callable[[argparse.ArgumentParser], Any] = lambda _: None,
) -> argparse.Namespace:
    """Read the command line, and set the end. Exits where it asks for help, or for a part that there is not.

    Args:
        description: the benchmark's docstring.
        parts: the names of what it can do; PARTS names some of them. None: it hands PARTS on.
        add_options: adds options of its own.

    Returns:
        The options, `parts` among them: those asked for, in their own order.
    """
    known = list(parts or ())
    parser = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"PARTS: {', '.join(known)} (all; names separated by commas)." if known else None,
    )
    add_options(parser)
    options = parser.parse_args()
    asked = [name for name in os.environ.get("PARTS", "").split(",") if name]
    if parts is not None and (unknown := sorted(set(asked) - set(known))):
        parser.error(f"PARTS={','.join(asked)}: no part {', '.join(unknown)}; there are: {', '.join(known) or 'none'}")
    options.parts = [name for name in known if name in asked or not asked]
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(MINUTES_MAX * 60)
    return options


def _too_long(*_: object) -> None:
    raise SystemExit(f"not done after {MINUTES_MAX} minutes: choose parts with PARTS=, or less of everything")
