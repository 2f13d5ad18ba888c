"""What reconciliations found: rows that neither matched nor wait, and messages without a row. Pure."""

from typing import Final

from serving.queries import parameters as p
from serving.queries.question import Key, Question, fixed, milliseconds, text
from serving.queries.reconciliations import NAMED, RUN

QUESTION: Final = Question(
    name="differences",
    summary="Differences that reconciliations found, each with its class and, where one is known, its cause",
    view="reconciliation_differences",
    source=fixed("$views.reconciliation_differences"),
    parameters=(
        p.ACCOUNT,
        RUN,
        NAMED,
        p.equals("class", "Of one of these classes."),
        p.equals("manifest", "Of one of these files, tables or requests."),
        *p.PAGING,
    ),
    keys=(
        milliseconds("made_at"),
        text("account"),
        text("run"),
        text("class"),
        text("manifest"),
        Key("toInt64(row)", is_number=True),
        text("message_id"),
        text("anchor_day"),
    ),
    pinned_by="made_at",
)
