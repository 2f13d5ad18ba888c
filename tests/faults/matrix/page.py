"""Pure: `docs/faults.md` from the table of rows and what became of each when it last ran, and back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.faults.matrix.row import Row

_HEAD: Final = """\
# Fault matrix

Every way in which things were made to go wrong, what must hold all the same, and whether it did when the row last ran. `make faults` runs
all rows and writes this page; `make faults ARGS="--only NAME"` runs those whose name begins so. Rows of at most 5 s are also part of `make test`.
`tests/faults/matrix/` has the table, and for each row the tests that show it.

"Of" says who asked for the row: the fault list that the design began with (`matrix`), or the findings of an attack on the whole (`core`, `attack`).
A result is `held`, `failed` with the reason, `not run` (a tool or a right was missing), `not built yet`, or `no test`: nothing shows it yet, so do
not rely on it. `--missing` runs what has not held yet, so that a run may be made in parts; each row says on which commit it last ran.
"""
_COLUMNS: Final = (
    "| row | of | how | what must hold | result | commit | date |\n| --- | --- | --- | --- | --- | --- | --- |"
)
NEVER: Final = "never"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a row."""

    verdict: str
    """`held`, `failed: why`, `not run: why`, `not built yet: what`, `no test`, or `NEVER`."""
    commit: str
    date: str
    """UTC day, 2026-11-27."""


NOT_YET: Final = Result(NEVER, "", "")


def render(families: Mapping[str, tuple[Row, ...]], results: Mapping[str, Result]) -> str:
    """Return the page."""
    parts = [_HEAD, _sum(families, results)]
    for title, rows in families.items():
        lines = (_line(row, results.get(row.name, NOT_YET)) for row in rows)
        parts.append(f"\n## {title}\n\n{_COLUMNS}\n" + "".join(lines))
    return "".join(parts)


def read(page: str) -> dict[str, Result]:
    """Return what a page says of each row: its name → its last result."""
    found: dict[str, Result] = {}
    for line in page.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
        if line.startswith("| ") and len(cells) == _COLUMNS.partition("\n")[0].count("|") - 1:
            name, verdict, commit, date = cells[0], *cells[4:]
            found[name] = Result(verdict.replace("\\|", "|"), commit.strip("`"), date)
    found.pop("row", None)
    found.pop("---", None)
    return found


def _line(row: Row, result: Result) -> str:
    commit = f"`{result.commit}`" if result.commit else ""
    cells = (row.name, row.source, row.means, row.must_hold, result.verdict, commit, result.date)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _sum(families: Mapping[str, tuple[Row, ...]], results: Mapping[str, Result]) -> str:
    names = [row.name for rows in families.values() for row in rows]
    held = sum(results.get(name, NOT_YET).verdict == "held" for name in names)
    return f"\nOf {len(names)} rows {held} held when they last ran.\n"
