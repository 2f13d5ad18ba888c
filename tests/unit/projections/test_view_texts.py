"""What is held of the SQL texts of the views, beside what they return."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FILES = [
    path
    for folder in ("projections", "deploy", "operations", "reconciliation", "cli")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".sql", ".py", ".json"} and path.is_file()
]
_JOIN = re.compile(r"\b(\w+)\s+JOIN\b(?=[\s{(])")
_STRICT = {"ALL", "ANTI", "SEMI", "ANY", "ASOF", "ARRAY", "CROSS"}


def _place(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [path for path in FILES if _JOIN.search(path.read_text(encoding="utf-8"))], ids=_place)
def test_every_join_says_its_strictness(path: Path) -> None:
    """No join leaves to the reader's `join_default_strictness` how many rows it makes."""
    joins = _JOIN.finditer(path.read_text(encoding="utf-8"))
    assert [found[0] for found in joins if found[1] not in _STRICT] == []
