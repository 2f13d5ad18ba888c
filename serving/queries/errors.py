"""What failed, why, and what to do about it. Pure."""

from typing import Final

from serving.queries import parameters as p
from serving.queries.question import DAYS, Question, fixed, text

QUESTION: Final = Question(
    name="errors",
    summary="Failed messages, by day, campaign, category and code, and what to do",
    view="errors",
    source=fixed(f"$views.errors({DAYS})"),
    parameters=(
        p.ACCOUNT,
        p.PROVIDER,
        p.CAMPAIGN,
        p.equals("category", "Of one of these categories.", "failure_category"),
        *p.DAYS,
        *p.PAGING,
    ),
    keys=(
        *(
            text(c)
            for c in ("day", "account", "provider", "campaign", "failure_status", "failure_category", "failure_code")
        ),
    ),
)
