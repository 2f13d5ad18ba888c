"""Whom statements are about: spelled out in what is only asked, read from the table `forgetting` in what rewrites rows. Pure.

The engine keeps the texts of rewrites (`system.mutations`, files beside each table, the keeper's of replicas), so these name nobody.
Where the table says nothing any more, as for a rewrite that outlived its forgetting, nobody is meant and nothing is changed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from projections.literals import quoted
from schemas.identity import Identity

TABLE: Final = "forgetting"
COLUMNS: Final = ("forgetting", "what", "kind", "value")
_NOBODY: Final = "$x"
"""A pattern that is found nowhere. NULL would do, but that an engine may refuse it in a lambda, and a rewrite that fails blocks the later ones."""


@dataclass(frozen=True, slots=True)
class Sought:
    """SQL of one person's names."""

    names: str
    """The canonical ones as (kind, value); to stand after IN."""
    forms: str
    """Every text that the person may stand under in a column; to stand after IN."""
    pattern: str
    """What finds the names in texts (RE2): a value."""


def spelled(names: Iterable[Identity], pattern: str, forms: Sequence[str]) -> Sought:
    """Return whom a question is about, in its text."""
    pairs = ", ".join(f"({quoted(name.kind)}, {quoted(name.value)})" for name in names)
    return Sought(f"({pairs})", f"({', '.join(map(quoted, forms)) or quoted('')})", quoted(pattern))


def noted(store: str, forgetting: str) -> Sought:
    """Return whom a rewrite is about: the person whose `rows` the table has under `forgetting`."""

    def of(columns: str, what: str) -> str:
        return f"SELECT {columns} FROM {store}.{TABLE} WHERE forgetting = {quoted(forgetting)} AND what = '{what}'"  # noqa: S608

    return Sought(
        f"({of('kind, value', 'name')})",
        f"({of('value', 'form')})",
        f"coalesce(({of('value', 'pattern')} LIMIT 1), '{_NOBODY}')",
    )


def rows(
    forgetting: str, names: Iterable[Identity], pattern: str = "", forms: Iterable[str] = ()
) -> Iterator[tuple[str, str, str, str]]:
    """Yield the table's rows about one person, by COLUMNS."""
    yield from ((forgetting, "name", name.kind, name.value) for name in names)
    yield from ((forgetting, "form", "", form) for form in forms)
    if pattern:  # an empty one would be found in every text
        yield forgetting, "pattern", "", pattern


def emptied(store: str, forgetting: str) -> str:
    """Return the statement that takes a person out of the table again."""
    return f"ALTER TABLE {store}.{TABLE} DROP PARTITION {quoted(forgetting)}"
