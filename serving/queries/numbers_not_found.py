"""Numbers that the provider did not find: a list to clean. Pure."""

from typing import Final

from serving.queries import parameters as p
from serving.queries.question import DAYS, Key, Question, fixed, text

QUESTION: Final = Question(
    name="numbers-not-found",
    summary="Recipients that were not found, and that nothing came to since",
    view="numbers_not_found",
    source=fixed(f"$views.numbers_not_found({DAYS})"),
    parameters=(p.ACCOUNT, *p.DAYS, p.NUMBERS, *p.PAGING),
    keys=(
        Key("toUnixTimestamp64Milli(ifNull(last_not_found_at, toDateTime64(0, 3)))", is_number=True),
        text("account"),
        text("recipient"),
    ),
    shows_numbers=True,
)
