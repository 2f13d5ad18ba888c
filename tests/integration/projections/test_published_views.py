"""The views' columns are a contract: a later version may add some, never remove one or change its type.

`RECIBO_PUBLISH_VIEWS=1 pytest` of this file writes what is there now to `projections/clickhouse/views/published.json`.
"""

import json
import os
import re
from typing import Final

from projections.clickhouse.views import FOLDER, read_views
from projections.clickhouse.views.columns import meanings
from tests.support.databases import Databases

PUBLISHED: Final = FOLDER / "published.json"
_EXAMPLES: Final = {"Date": "'2026-03-01'", "UInt32": "60", "String": "'UTC'", "Array(String)": "['x']"}
Columns = dict[str, dict[str, str]]


def arguments(view: str) -> str:
    """Return arguments for a view's parameters, if it has any."""
    found = dict(re.findall(r"\{(\w+):([\w()]+)\}", read_views("store", "views", masked=True)[view]))
    given = ", ".join(f"{name} = {_EXAMPLES[kind]}" for name, kind in sorted(found.items()))
    return f"({given})" if given else ""


def _columns(databases: Databases) -> Columns:
    """Return view → column → type, as the engine says."""
    found: Columns = {}
    for path in sorted(FOLDER.glob("*.sql")):
        if "${views}." not in path.read_text(encoding="utf-8"):
            continue  # a view of ours, in the store
        name = path.stem.partition("_")[2]
        rows = databases.rows(f"DESCRIBE TABLE (SELECT * FROM views.{name}{arguments(name)})")
        found[name] = {row[0]: row[1] for row in rows}
    return found


def test_no_published_column_is_gone_or_changed(databases: Databases) -> None:
    """Every published column is there with its type, and every column there is published."""
    now = _columns(databases)
    if os.environ.get("RECIBO_PUBLISH_VIEWS"):
        PUBLISHED.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
    published: Columns = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    for view, columns in published.items():
        changed = {
            name: now.get(view, {}).get(name) for name, kind in columns.items() if now.get(view, {}).get(name) != kind
        }
        assert not changed, f"{view}: {changed} breaks whoever uses it; add a column or a view instead"
    assert now == published, "publish the new columns: RECIBO_PUBLISH_VIEWS=1 pytest of this file"


def test_every_view_says_what_a_row_is() -> None:
    """Each file begins with a comment that says what a row is, and gives an example."""
    for path in sorted(FOLDER.glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        assert re.match(r"-- One row an? ", text), path.name
        assert "${views}." not in text or "-- Example: " in text, path.name


def test_every_example_runs(databases: Databases) -> None:
    """The example of each published view is a statement that the engine takes."""
    examples = 0
    for path in sorted(FOLDER.glob("*.sql")):
        for example in re.findall(r"^-- Example: (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE):
            databases.rows(example.replace("recibo_numbers.", "numbers.").replace("recibo.", "views."))
            examples += 1
    assert examples == len(json.loads(PUBLISHED.read_text(encoding="utf-8")))


def test_every_column_is_documented(databases: Databases) -> None:
    """Each published column has its meaning, with the unit where it has one, in `recibo.columns` as in the file."""
    told = {(view, column): meaning for view, column, meaning, _ in databases.rows("SELECT * FROM views.columns")}
    assert told == meanings()
    for (view, column), meaning in told.items():
        if column.endswith(("_ms", "_us", "_s")) or (column.endswith("_at") and column != "refreshed_at"):
            assert re.search(r"\bms\b|[Mm]icroseconds|[Ss]econds", meaning), f"{view}.{column}: which unit?"


def test_no_column_is_documented_that_is_not_there() -> None:
    """What the file says of a view is about a column of it."""
    published = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    said = json.loads((FOLDER / "columns.json").read_text(encoding="utf-8"))
    shared = said.pop("*")
    assert {(v, c) for v in said for c in said[v]} <= {(v, c) for v in published for c in published[v]}
    assert set(shared) <= {c for view in published.values() for c in view}
