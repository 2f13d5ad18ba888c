"""How `recibo sql` shows rows: side by side where they fit, else a line a column."""

import pytest

from cli import sql

NAMES = [f"column_{number}" for number in range(8)]


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of eighty columns."""
    monkeypatch.setenv("COLUMNS", "80")


def test_wide_rows_are_shown_a_line_a_column(capsys: pytest.CaptureFixture[str]) -> None:
    """Every name and value of each row is there, none cut, NULL is empty, and nothing of a value is taken for style."""
    rows = [["a" * 60, None, "[red]x[/red]", 1, 2.5, True, ["b", "c"], "z"], [*"abcdefgh"]]
    sql._print(NAMES, rows)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:9] == [
        "row 1",
        f"  column_0  {'a' * 60}",
        "  column_1  ",
        "  column_2  [red]x[/red]",
        "  column_3  1",
        "  column_4  2.5",
        "  column_5  True",
        "  column_6  ['b', 'c']",
        "  column_7  z",
    ]
    assert lines[9] == "row 2"
    assert lines[-1] == "2 rows"


def test_narrow_rows_are_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """What fits the terminal, and whatever has few columns, is side by side."""
    for names, row in ((NAMES[:7], [1] * 7), (NAMES[:2], ["a" * 200, "b"])):
        sql._print(names, [row])
        out = capsys.readouterr().out
        assert "row 1" not in out
        assert "column_0" in out
        assert out.endswith("1 rows\n")


def test_of_many_rows_the_first_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """What is left out is said, with what to do."""
    sql._print(NAMES, [["x" * 30] * 8] * (sql.ROWS_SHOWN_MAX + 1))
    out = capsys.readouterr().out
    assert f"row {sql.ROWS_SHOWN_MAX}" in out
    assert f"row {sql.ROWS_SHOWN_MAX + 1}" not in out
    assert "there are more: add LIMIT, or --format csv" in out
