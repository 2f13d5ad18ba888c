"""Messages of which both a failure and a delivery were reported. Pure."""

from typing import Final

from serving.queries import parameters as p
from serving.queries.question import DAYS, Question, fixed, milliseconds, text

QUESTION: Final = Question(
    name="conflicts",
    summary="Messages of which both a failure and a delivery were reported",
    view="conflicts",
    source=fixed(f"(SELECT * FROM $views.messages_of_days({DAYS}) WHERE conflict)"),  # noqa: S608 - words of ours
    parameters=(p.ACCOUNT, p.CONNECTION, p.CAMPAIGN, *p.DAYS, *p.PAGING),
    keys=(milliseconds("first_at"), text("account"), text("message_id"), text("anchor_day")),
)
