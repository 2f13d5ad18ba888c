"""What a question is: a view, the columns shown, the parameters it takes, and the order of its rows. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas.access import Scope

Asked = Mapping[str, Any]
"""A request's parameters, read: name → value; what was not given and has no default is not there."""
Bound = dict[str, Any]
"""Parameters of a statement, name → value: the only way in which a caller's words reach the engine."""

DAYS: Final = "time_zone = {time_zone:String}, since = {since:Date}, until = {until:Date}"
"""The arguments of the views that are asked about some days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a question."""

    name: str
    kind: Any
    """What may be given: a type as msgspec takes it; a list's members are given one by one."""
    meaning: str
    condition: str = ""
    """SQL that a row has to meet where it is given; `{name:Type}` stands for what was given."""
    default: Any = None
    needs: Scope = Scope.READ
    """Who may give it."""


@dataclass(frozen=True, slots=True)
class Key:
    """Part of what rows are ordered by, which tells each from every other: a number or a text, never NULL."""

    expression: str
    is_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question that the API answers with a list."""

    name: str
    """Of its path: `/api/v1/NAME`."""
    summary: str
    view: str
    """The published view whose columns a row has."""
    source: Callable[[Asked], str]
    """What stands behind FROM; `$views` is the database, masked or not as the caller may see."""
    parameters: tuple[Parameter, ...]
    keys: tuple[Key, ...]
    columns: tuple[str, ...] = ()
    """Those shown; none named: all of the view's."""
    bind: Callable[[Asked], Bound] = lambda _: {}
    """Further bound parameters of the source."""
    pinned_by: str = ""
    """Column with a row's time of receipt: a list keeps to the rows received before its first page was asked for."""
    changed_by: str = ""
    """Column with the time at which a row changed last: one that changed since is marked."""
    shows_numbers: bool = False
    """Whether numbers are in its rows."""
    is_of_accounts: bool = True
    """Whether each row is one account's; else it is the deployment's own, and says nothing of messages."""
    refuse: Callable[[Asked], str] = lambda _: ""
    """Return why parameters do not go together; "" where they do."""


def fixed(source: str) -> Callable[[Asked], str]:
    """Return a source that is the same whatever is asked."""
    return lambda _: source


def milliseconds(column: str) -> Key:
    """Return the key of a time."""
    return Key(f"toUnixTimestamp64Milli(assumeNotNull({column}))", is_number=True)


def text(column: str) -> Key:
    """Return the key of anything that reads as a text."""
    return Key(f"ifNull(toString({column}), '')")
