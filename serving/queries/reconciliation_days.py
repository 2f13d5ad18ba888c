"""What reconciliations came to, day by day. Pure."""

from typing import Final

from serving.queries import parameters as p
from serving.queries.question import Question, fixed, milliseconds, text
from serving.queries.reconciliations import NAMED, RUN

QUESTION: Final = Question(
    name="reconciliation-days",
    summary="Rows by reconciliation, day and class",
    view="reconciliation_daily",
    source=fixed("$views.reconciliation_daily"),
    parameters=(p.ACCOUNT, RUN, NAMED, p.equals("class", "Of one of these classes."), *p.PAGING),
    keys=(milliseconds("made_at"), text("account"), text("run"), text("day"), text("class")),
    pinned_by="made_at",
)
