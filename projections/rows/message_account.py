"""message.state → message_account: whose messages there are, so that an id is looked up without naming one."""

from collections.abc import Iterable, Sequence
from typing import Final

from projections.rows.table import Row, Table
from schemas.message_state import MessageState

TABLE: Final = Table("message_account", (("account", "LowCardinality(String)"),))


def rows(states: Sequence[MessageState]) -> Iterable[Row]:
    """Return one row an account."""
    return {(s.account,): None for s in states}
