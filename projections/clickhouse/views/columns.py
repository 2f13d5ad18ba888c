"""What each column of each view means (`columns.json`), as rows of the view `recibo.columns`."""

import json
from pathlib import Path
from typing import Final

from projections.clickhouse.views import catalog

FOLDER: Final = Path(__file__).parent


def meanings() -> dict[tuple[str, str], str]:
    """Return (view, column) → meaning, of every published column. Raises KeyError: one is not documented."""
    published = json.loads((FOLDER / "published.json").read_text(encoding="utf-8"))
    said = json.loads((FOLDER / "columns.json").read_text(encoding="utf-8"))
    shared = said["*"]
    return {
        (view, column): said.get(view, {}).get(column) or shared[column]
        for view, columns in published.items()
        for column in columns
    }


def values() -> str:
    """Return the rows as the engine's VALUES takes them."""
    parameters = {view.name: ", ".join(view.parameters) for view in catalog.views()}
    rows = ((view, column, meaning.replace("'", "''")) for (view, column), meaning in meanings().items())
    return ", ".join(f"('{view}', '{column}', '{meaning}', '{parameters[view]}')" for view, column, meaning in rows)
