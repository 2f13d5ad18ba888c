"""Connections: each WhatsApp number or session, its status now. Pure."""

from typing import Final

from serving.queries import parameters as p
from serving.queries.question import Question, fixed, milliseconds, text

QUESTION: Final = Question(
    name="connections",
    summary="Connections, with their status by the latest report",
    view="connections",
    source=fixed("$views.connections"),
    parameters=(p.ACCOUNT, p.CONNECTION, p.equals("status", "With one of these statuses."), p.PROVIDER, *p.PAGING),
    keys=(milliseconds("status_at"), text("account"), text("connection_id")),
    pinned_by="anchor_at",
    changed_by="last_event_at",
)
