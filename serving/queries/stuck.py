"""Messages that neither came nor failed. Pure."""

from typing import Annotated, Final

from msgspec import Meta

from serving.queries import parameters as p
from serving.queries.question import DAYS, Parameter, Question, fixed, milliseconds, text

_AGE_S_MAX: Final = 400 * 86_400

QUESTION: Final = Question(
    name="stuck",
    summary="Messages that neither came nor failed, the latest first, and whether their connection logged out since",
    view="stuck",
    source=fixed(f"$views.stuck({DAYS}, min_age_s = {{min_age_s:UInt32}})"),
    parameters=(
        Parameter(
            name="min_age_s",
            kind=Annotated[int, Meta(ge=0, le=_AGE_S_MAX)],
            meaning="Only those so old, in seconds.",
            default=3_600,
        ),
        p.ACCOUNT,
        p.CONNECTION,
        p.CAMPAIGN,
        *p.DAYS,
        *p.PAGING,
    ),
    keys=(milliseconds("first_at"), text("account"), text("message_id"), text("anchor_day")),
)
