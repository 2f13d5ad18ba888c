"""What happened to connections: connected, disconnected, logged out. Pure."""

from typing import Final

from serving.queries import parameters as p
from serving.queries.question import Question, fixed, milliseconds, text

QUESTION: Final = Question(
    name="connection-history",
    summary="Events of connections, the latest first, and until when each counted",
    view="connection_history",
    source=fixed(
        "(SELECT * FROM $views.connection_history WHERE toDate(occurred_at, {time_zone:String}) BETWEEN {since:Date} AND {until:Date})"
    ),
    parameters=(p.ACCOUNT, p.CONNECTION, p.equals("status", "With one of these statuses."), *p.DAYS, *p.PAGING),
    keys=(milliseconds("occurred_at"), text("account"), text("connection_id"), text("event_id")),
    pinned_by="received_at",
)
