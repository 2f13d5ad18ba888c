"""Which error of ClickHouse, or of its client, is of which kind. Source: the engine's src/Common/ErrorCodes.cpp.

A code that is in no list is AWAY: waiting loses nothing, setting aside what was sound would. The golden list
`tests/contracts/golden/clickhouse_errors.txt` names every code the engine has, so that a new one is looked at.
"""

import struct
from typing import Final

from clickhouse_connect.driver.exceptions import ClickHouseError, DataError, Error

from runtime.clickhouse.error_codes import Code
from runtime.failure import Cause, Failure, kinds

CAUSES: Final = (
    Cause(
        Failure.REFUSED,
        "a value cannot become the column's, or breaks a rule of the table: the same rows would meet it again",
        (
            Code.CANNOT_PARSE_TEXT,
            Code.CANNOT_PARSE_QUOTED_STRING,
            Code.CANNOT_PARSE_INPUT_ASSERTION_FAILED,
            Code.CANNOT_PARSE_DATE,
            Code.CANNOT_PARSE_DATETIME,
            Code.ILLEGAL_TYPE_OF_ARGUMENT,
            Code.TYPE_MISMATCH,
            Code.ARGUMENT_OUT_OF_BOUND,
            Code.CANNOT_CONVERT_TYPE,
            Code.CANNOT_PARSE_NUMBER,
            Code.INCORRECT_DATA,
            Code.TOO_LARGE_STRING_SIZE,
            Code.VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE,
            Code.CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN,
            Code.CANNOT_PARSE_UUID,
            Code.DECIMAL_OVERFLOW,
            Code.VIOLATED_CONSTRAINT,
            Code.UNKNOWN_ELEMENT_OF_ENUM,
        ),
    ),
    Cause(
        Failure.BUG,
        "the statement, or a setting or format it names, is wrong or not this engine's: a fault of the release",
        (
            Code.UNKNOWN_FUNCTION,
            Code.UNKNOWN_IDENTIFIER,
            Code.UNKNOWN_TYPE,
            Code.SYNTAX_ERROR,
            Code.UNKNOWN_FORMAT,
            Code.UNKNOWN_COMPRESSION_METHOD,
            Code.UNKNOWN_SETTING,
            Code.UNKNOWN_QUERY_PARAMETER,
            Code.BAD_QUERY_PARAMETER,
        ),
    ),
)
_KINDS: Final[dict[int, Failure]] = {code.value: kind for code, kind in kinds(CAUSES).items()}


def clickhouse_failure(error: Exception) -> Failure:
    """Return the kind of a failed call to ClickHouse.

    Python's own conversion errors (a number out of a column's range, text that is no UTF-8) are REFUSED: the client
    meets them before it sends anything. What is neither the client's error, nor a connection's, nor a conversion's is a BUG.
    """
    if isinstance(error, DataError) and error.code is None:
        return Failure.REFUSED
    if isinstance(error, Error):
        return _KINDS.get(error.code or 0, Failure.AWAY)
    if isinstance(error, ClickHouseError | OSError):
        return Failure.AWAY
    converting = isinstance(error, ValueError | TypeError | KeyError | ArithmeticError | struct.error)
    return Failure.REFUSED if converting else Failure.BUG
