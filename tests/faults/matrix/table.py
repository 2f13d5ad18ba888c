"""The fault matrix: every row, in one table."""

from typing import Final

from tests.faults.matrix.families import (
    answers,
    authentication,
    bodies,
    edge,
    engine,
    lifetime,
    outputs,
    privacy,
    projections,
    settings,
    spool,
    states,
)
from tests.faults.matrix.row import Row

FAMILIES: Final[dict[str, tuple[Row, ...]]] = {
    "What an answer promises": answers.ROWS,
    "The spool": spool.ROWS,
    "The edge": edge.ROWS,
    "Bodies": bodies.ROWS,
    "Who is genuine": authentication.ROWS,
    "States and events": states.ROWS,
    "Stores, generations, time": lifetime.ROWS,
    "From topics to tables": projections.ROWS,
    "The local engine": engine.ROWS,
    "What goes out": outputs.ROWS,
    "Who may see what": privacy.ROWS,
    "Settings, tasks, supply": settings.ROWS,
}
"""Title of a family → its rows."""
ROWS: Final = tuple(row for rows in FAMILIES.values() for row in rows)
