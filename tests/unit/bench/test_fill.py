"""What was filled is kept while it is what is wanted, continued where it was interrupted, and rebuilt otherwise."""

import json
import time
from pathlib import Path

import pytest

from tests.bench.fill import _kept, folder_of, made_of
from tests.bench.many_messages import DAY_MS, DAYS, SLOTS, Extent, statements


def marker(folder: Path, *, age_days: float = 0, blocks: int = 50, made: str = "") -> Path:
    """Write a marker as `filled` does, of 1,000 messages that end `age_days` ago."""
    path = folder / "filled.json"
    since_ms = int(time.time() * 1000 - (DAYS + age_days) * DAY_MS)
    path.write_text(
        json.dumps({"messages": 1000, "since_ms": since_ms, "blocks": blocks, "made_of": made or made_of()})
    )
    return path


@pytest.mark.parametrize("blocks", [50, 20])
def test_what_is_wanted_is_kept(tmp_path: Path, blocks: int) -> None:
    """Rows of the wanted number, made as they would be now and not too old, stay, all of them or a part."""
    found = _kept(marker(tmp_path, blocks=blocks), 1000)
    assert found is not None
    assert (found[0].messages, found[1]) == (1000, blocks)


def test_anything_else_is_made_anew(tmp_path: Path) -> None:
    """Another number, other rows or migrations, an age near retention's, or no marker at all: nothing is kept."""
    assert _kept(tmp_path / "filled.json", 1000) is None
    assert _kept(marker(tmp_path), 2000) is None
    assert _kept(marker(tmp_path, made="of other migrations"), 1000) is None
    assert _kept(marker(tmp_path, age_days=29), 1000) is None


@pytest.mark.parametrize(
    ("messages", "name"), [(10_000_000, "fill-10m"), (1_500_000, "fill-1500k"), (100_000, "fill-100k"), (40, "fill-40")]
)
def test_a_directory_a_size(messages: int, name: str) -> None:
    """Each size has its own directory, named by it."""
    assert folder_of(messages).name == name


def test_every_statement_is_filled_in() -> None:
    """No placeholder is left in a statement, and each covers the records of its blocks."""
    for statement in statements(Extent(1000, 0), 10, 5):
        assert "${" not in statement
        assert f"numbers_mt({10 * len(SLOTS)}, {5 * len(SLOTS)})" in statement
