"""Every list that may be asked for. Pure."""

from typing import Final

from serving.queries import (
    conflicts,
    connection_history,
    connections,
    differences,
    errors,
    freshness,
    funnel,
    latencies,
    messages,
    numbers_not_found,
    persons,
    prices,
    reconciliation_days,
    reconciliations,
    requests,
    send_tags,
    sends,
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
        sends,
        send_tags,
        reconciliations,
        differences,
        reconciliation_days,
        freshness,
    )
)
"""In the order in which the documentation has them."""
