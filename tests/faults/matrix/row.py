"""What a row of the fault matrix is."""

from dataclasses import dataclass
from typing import Final

from runtime.programs import CHECKOUT

SHORT_S_MAX: Final = 5.0
"""A row of ours that takes longer is left out of `make test`."""


@dataclass(frozen=True, slots=True)
class Row:
    """One way in which things go wrong, and what must hold all the same."""

    name: str
    """By which it is chosen: `make faults ARGS="--only NAME"`."""
    source: str
    """Who asks for it: `matrix N` (a row of the first fault list), `core N` or `attack X` (a finding of the attack of 2026-11-27)."""
    means: str
    """How the fault is made."""
    must_hold: str
    """What is checked."""
    seconds: float
    """About how long it takes on two cores, without starting the servers that rows share."""
    shown_by: tuple[str, ...] = ()
    """The pytest nodes that show it, each with all of its parameters. None: nothing shows it yet, so it does not hold."""
    not_built: str = ""
    """What of the product is still to be built before anything can show it."""


def nodes(file: str, *tests: str) -> tuple[str, ...]:
    """Return the nodes of some tests of a file, given without their `test_`."""
    return tuple(f"tests/{file}.py::test_{test}" for test in tests)


def is_here(node: str) -> bool:
    """Return whether a node's test is in this checkout."""
    file, _, name = node.partition("::")
    path = CHECKOUT / file
    return path.is_file() and f"def {name}(" in path.read_text(encoding="utf-8")
