"""Which provider reports which status: it distinguishes a zero from "this provider never says"."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from schemas.providers import PROVIDERS
from schemas.providers.provider import Reporting
from schemas.status import RANK

STATUSES: Final = (*RANK, "logout")
"""The nine statuses, in order of rank."""

_SIGNS: Final[dict[Reporting, str]] = {"reported": "yes", "never": "never", "ambiguous": "?"}


class Row(NamedTuple):
    """A row of ClickHouse's `provider_status`."""

    provider: str
    status: str
    reporting: Reporting
    """`reported`; `never`: its zero means nothing; `ambiguous`: said in other words, or as configured."""


def rows() -> Iterator[Row]:
    """Return the whole matrix, one row a provider and status."""
    for provider in PROVIDERS.values():
        for status in STATUSES:
            yield Row(provider.name, status, provider.reports.get(status, "ambiguous"))


def markdown() -> str:
    """Return the matrix as a Markdown table for people (docs/providers.md)."""
    lines = [
        "| provider | " + " | ".join(STATUSES) + " |",
        "| --- |" + " --- |" * len(STATUSES),
    ]
    for provider in PROVIDERS.values():
        cells = (_SIGNS[provider.reports.get(status, "ambiguous")] for status in STATUSES)
        lines.append(f"| {provider.title} (`{provider.name}`) | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
