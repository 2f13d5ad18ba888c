"""Reconciliations that were made, newest first. Pure."""

from typing import Final

from serving.queries import parameters as p
from serving.queries.question import Question, fixed, milliseconds, text

RUN: Final = p.equals("run", "Of one of these reconciliations.")
NAMED: Final = p.equals("name", "Of a reconciliation so called.")

QUESTION: Final = Question(
    name="reconciliations",
    summary="Reconciliations that were made, the latest first: what was compared, and how many rows differ",
    view="reconciliation_runs",
    source=fixed("$views.reconciliation_runs"),
    parameters=(p.ACCOUNT, RUN, NAMED, *p.PAGING),
    keys=(milliseconds("made_at"), text("account"), text("run")),
    pinned_by="made_at",
)
