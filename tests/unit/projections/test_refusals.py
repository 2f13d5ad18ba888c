"""Which errors of an insert are waited out, and which call for bisection."""

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, DataError, OperationalError

from projections.refusals import is_permanent


@pytest.mark.parametrize(
    "error",
    [
        DatabaseError("Code: 53. TYPE_MISMATCH", code=53),
        DatabaseError("Code: 117. INCORRECT_DATA", code=117),
        DataError("Failed to write column 'status'"),
        OverflowError("int too big to convert"),
        UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
        TypeError("expected an int"),
    ],
)
def test_what_the_rows_are_to_blame_for_is_permanent(error: Exception) -> None:
    """Rows that a column cannot hold would be refused again."""
    assert is_permanent(error)


@pytest.mark.parametrize(
    "error",
    [
        DatabaseError("Code: 60. UNKNOWN_TABLE", code=60),
        DatabaseError("Code: 243. NOT_ENOUGH_SPACE", code=243),
        DatabaseError("Code: 252. TOO_MANY_PARTS", code=252),
        DatabaseError("Code: 516. AUTHENTICATION_FAILED", code=516),
        DatabaseError("an error nobody has seen", code=99_999),
        DatabaseError("500 without a code"),
        OperationalError("connection reset"),
        ConnectionResetError("reset"),
        TimeoutError("timed out"),
        RuntimeError("unknown"),
    ],
)
def test_anything_else_is_waited_out(error: Exception) -> None:
    """What time or a person can fix, and whatever is unknown, is tried again: waiting loses nothing."""
    assert not is_permanent(error)
