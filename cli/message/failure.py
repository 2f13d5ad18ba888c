"""Why a message failed and what to do about it, as `recibo message` prints it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from schemas.causes.catalogue import Kind, cause_of, kinds
from schemas.causes.sentences import Language

Row = Mapping[str, Any]
"""A row of a view, column → value."""

_AGAIN: Final = {
    "en": {
        "never": "does not help",
        "later": "may help later ({after})",
        "changed": "helps only after a change ({after})",
    },
    "pt": {
        "never": "não ajuda",
        "later": "pode ajudar mais tarde ({after})",
        "changed": "só ajuda depois de uma mudança ({after})",
    },
}
_LABELS: Final = {
    "en": {"failure": "failure", "again": "sending again", "also": "also reported"},
    "pt": {"failure": "falha", "again": "enviar de novo", "also": "também informado"},
}


def failure_facts(message: Row, timeline: Sequence[Row], language: Language) -> list[tuple[str, Any]]:
    """Return (label, text) of the failure that counts, whether sending again may help, and what else was reported.

    Args:
        message: row of the view `messages`.
        timeline: rows of the view `timeline`.
        language: of labels and advice.
    """
    if not message["failure_status"]:
        return []
    category = message["failure_category"]
    kind: Kind = kinds().get(category) or kinds()["unknown"]
    known = cause_of(message["provider"], message["failure_code"])
    cause = known if known and known.category == category else kind
    said = _joined(message["failure_code"], message["failure_title"])
    labels = _LABELS[language]
    again = _AGAIN[language][cause.retry].format(after=cause.after[language])
    others = {_joined(code, title): None for event in timeline for _, code, title in event["further_errors"]}
    return [
        (labels["failure"], f"{category}{f' ({said})' if said else ''}: {cause.do[language]}"),
        (labels["again"], again),
        (labels["also"], "; ".join(others)),
    ]


def what_came_with_it(event: Row) -> str:
    """Return the codes and titles that came with an event."""
    pairs = [(event["error_code"], event["error_title"])]
    pairs += [(code, title) for _, code, title in event["further_errors"]]
    return "; ".join(filter(None, (_joined(code, title) for code, title in pairs)))


def _joined(*parts: str) -> str:
    return " ".join(filter(None, parts))
