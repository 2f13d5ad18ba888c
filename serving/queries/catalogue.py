"""Every list that may be asked for. Pure."""

from typing import Final

from serving.queries import (
    conflicts,
    connection_history,
    connections,
    errors,
    freshness,
    funnel,
    latencies,
    messages,
    numbers_not_found,
    persons,
    prices,
    requests,
    set_aside,
    stuck,
)
from serving.queries.question import Question

QUESTIONS: Final[tuple[Question, ...]] = tuple(
    module.QUESTION
    for module in (
        messages,
        persons,
        connections,
        connection_history,
        requests,
        set_aside,
        funnel,
        latencies,
        errors,
        stuck,
        conflicts,
        numbers_not_found,
        prices,
        freshness,
    )
)
"""In the order in which the documentation has them."""
