"""Records that made no new event: repeats, what was not understood, what was not selected. Pure."""

from typing import Final

from serving.queries import parameters as p
from serving.queries.question import Key, Question, fixed, milliseconds

QUESTION: Final = Question(
    name="set-aside",
    summary="Records that made no new event, the latest first, with what became of them and why",
    view="outcomes",
    source=fixed(
        "(SELECT * FROM $views.outcomes WHERE outcome NOT IN ('advanced', 'filled') "
        "AND at >= toDateTime({since:Date}, {time_zone:String}) AND at < toDateTime({until:Date} + 1, {time_zone:String}))"
    ),
    parameters=(
        p.ACCOUNT,
        p.SOURCE,
        p.equals("outcome", "With one of these outcomes."),
        p.equals("request_id", "Of one of these requests."),
        *p.DAYS,
        *p.PAGING,
    ),
    keys=(
        milliseconds("at"),
        Key("toInt64(log_partition)", is_number=True),
        Key("toInt64(log_offset)", is_number=True),
        Key("toInt64(generation)", is_number=True),
    ),
    pinned_by="received_at",
)
