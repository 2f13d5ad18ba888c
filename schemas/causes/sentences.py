"""One sentence on what became of a message, for the support agent or for the customer, in English or Portuguese.

Put together from `sentences.toml` and `categories.toml` by rule: status, cause, connection. It says what was reported and no
more: acceptance is no delivery, and no read receipt is no proof that a message was not read.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

from schemas.causes.catalogue import kinds
from schemas.status import FAILURES, RANK

Audience = Literal["agent", "customer"]
Language = Literal["en", "pt"]
Connection = Literal["open", "closed", "unknown"]
"""Whether the number or session that sent it is connected now."""

STATUSES: Final = tuple(RANK)
_PENDING: Final = frozenset({"queued", "created", "sent"})


def sentence(status: str, category: str, connection: Connection, audience: Audience, language: Language) -> str:
    """Return the sentence.

    Args:
        status: of the message, one of `schemas.status.RANK`.
        category: of what was reported to be wrong, whatever the status; "": nothing was. One that is not known counts as
            `unknown`.
        connection: of the number that sent it; of no matter where sending again is of no use.
        audience: who is spoken to: the agent who looks it up, or the person who was to get the message.
        language: of the sentence.

    Raises:
        KeyError: no such status.
    """
    words = _words()[audience][language]
    text: str = words["status"][status]
    kind = kinds().get(category) or kinds()["unknown"]
    group = "failure" if status in FAILURES else "pending" if status in _PENDING else status
    if category and audience == "agent":
        form = _form(status, kind.name)
        text = words["cause"][form].format(status=text, why=kind.why[language]) if form else text
    elif category and group == "failure" and kind.name != "unknown":
        text = kind.customer[language].rstrip(".")
    is_final = group == "failure" and category != "" and kind.retry == "never"
    where = "" if connection == "open" or is_final else words.get(connection, {}).get(group, "")
    return f"{text}; {where}." if where else f"{text}."


def _form(status: str, category: str) -> str:
    """Return how a cause is joined to what became of the message; "" where that says it already."""
    if (status, category) == ("expired", "expired"):
        return ""
    if status == "number_not_found":
        return "" if category in ("recipient_not_found", "unknown") else "other"
    return "failure" if status in FAILURES else "pending" if status in _PENDING else "done"


@cache
def _words() -> Mapping[str, Any]:
    return tomllib.loads(files("schemas.causes").joinpath("sentences.toml").read_text(encoding="utf-8"))
