"""Cells of the list of what may be sent again."""

import pytest

from reconciliation.report.resend_list import as_text
from schemas.spreadsheet import FORMULA


@pytest.mark.parametrize("first", FORMULA)
def test_no_cell_begins_a_formula(first: str) -> None:
    """A text that a spreadsheet would calculate, in narrow or wide characters, has an apostrophe before it."""
    assert as_text(f"{first}1+1") == f"'{first}1+1"
