"""Which refusal a failure of ClickHouse is to the caller: its kind decides (`runtime/clickhouse/failures.py`)."""

from typing import Final

from clickhouse_connect.driver.exceptions import Error

from runtime.clickhouse.error_codes import Code, ReaderLimit
from runtime.clickhouse.failures import clickhouse_failure
from runtime.failure import Failure
from serving.api.problems import Problem, problem

_BAD_ARGUMENTS: Final = 36
"""What ClickHouse says of a time zone that it does not know."""
_NO_VIEW: Final = "Unknown table function"
"""What ClickHouse says of a view with arguments that is not there: the first migration has not come to it."""
_LIMITS: Final = frozenset(map(int, ReaderLimit))


def of_clickhouse(error: Error) -> Problem | None:
    """Return the problem that a failure of ClickHouse is to the caller; None where it is a fault of ours."""
    if error.code in _LIMITS:
        return problem("too-much", "The answer takes too long or too much memory: ask for fewer days, or name more.")
    if error.code == _BAD_ARGUMENTS:
        return problem("wrong-parameter", "The engine knows no such value: look at time_zone and the days.")
    is_not_made = error.code == Code.UNKNOWN_FUNCTION and _NO_VIEW in str(error)
    if is_not_made or clickhouse_failure(error) is Failure.AWAY:
        return problem("away", "The tables cannot be asked now: ask again.")
    if clickhouse_failure(error) is Failure.REFUSED:
        return problem("wrong-parameter", "A value is none that the tables can have.")
    return None
