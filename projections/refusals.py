"""Which errors of an insert call for which response: permanent ones for bisection, all others for patience.

An unknown error is retried: waiting loses nothing, setting aside what was sound would.
"""

import struct
from typing import Final

from clickhouse_connect.driver.exceptions import ClickHouseError, DataError, Error

PERMANENT_CODES: Final = frozenset(
    {
        6,  # CANNOT_PARSE_TEXT
        26,  # CANNOT_PARSE_QUOTED_STRING
        27,  # CANNOT_PARSE_INPUT_ASSERTION_FAILED
        38,  # CANNOT_PARSE_DATE
        41,  # CANNOT_PARSE_DATETIME
        43,  # ILLEGAL_TYPE_OF_ARGUMENT
        53,  # TYPE_MISMATCH
        69,  # ARGUMENT_OUT_OF_BOUND
        70,  # CANNOT_CONVERT_TYPE
        72,  # CANNOT_PARSE_NUMBER
        117,  # INCORRECT_DATA
        131,  # TOO_LARGE_STRING_SIZE
        321,  # VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
        349,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
        407,  # DECIMAL_OVERFLOW
        469,  # VIOLATED_CONSTRAINT
    }
)
"""ClickHouse error codes that the same rows would meet again (src/Common/ErrorCodes.cpp)."""


def is_permanent(error: Exception) -> bool:
    """Tell whether inserting the same rows again can only fail again.

    Python's own conversion errors (a number out of a column's range, text that is no UTF-8) are permanent too:
    the client meets them before it sends anything.
    """
    if isinstance(error, DataError):
        return error.code is None or error.code in PERMANENT_CODES
    if isinstance(error, Error):
        return error.code in PERMANENT_CODES
    if isinstance(error, ClickHouseError | OSError):
        return False
    return isinstance(error, ValueError | TypeError | KeyError | ArithmeticError | struct.error)
