"""How far messages came, a day, connection and campaign. Pure."""

from typing import Final

from serving.queries import parameters as p
from serving.queries.question import DAYS, Question, fixed, text

QUESTION: Final = Question(
    name="funnel",
    summary="How far messages came, by day, account, connection and campaign",
    view="funnel",
    source=fixed(f"$views.funnel({DAYS})"),
    parameters=(p.ACCOUNT, p.CONNECTION, p.CAMPAIGN, *p.DAYS, *p.PAGING),
    keys=(text("day"), text("account"), text("sources"), text("connection_id"), text("campaign"), text("to_group")),
)
