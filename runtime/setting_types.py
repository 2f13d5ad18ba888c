"""The kinds of values that settings have, each with its bounds, and what to write for one in a person's words."""

import types
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from msgspec import Meta

from runtime.vetting import Network


@dataclass(frozen=True, slots=True)
class Variable:
    """The environment variable of a field, where it is not the prefix and the field's name."""

    name: str
    is_secret: bool = False
    """Whether messages must not show its value."""


Port = Annotated[int, Meta(ge=1, le=65_535)]
OptionalPort = Annotated[int, Meta(ge=0, le=65_535)]
"""A port, or 0 where there is to be none."""
Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Workers = Annotated[int, Meta(ge=1, le=256)]
"""Processes on one machine."""
Bytes = Annotated[int, Meta(ge=1, le=1 << 40)]
Milliseconds = Annotated[int, Meta(ge=1, le=86_400_000)]
"""Up to a day."""
Seconds = Annotated[int, Meta(ge=1, le=604_800)]
"""Up to a week."""
Days = Annotated[int, Meta(ge=1, le=36_500)]
Share = Annotated[float, Meta(ge=0, le=1)]
Networks = tuple[Network, ...]
Host = Annotated[str, Meta(pattern=r"^[^\s/]+$", description="a host name or an address, without scheme and port")]
Name = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9._-]{1,200}$", description="a name of letters, digits, `.`, `_` and `-`")
]
DatabaseName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z_][a-z0-9_]{0,62}$",
        description="a name of lower-case letters, digits and `_`, not a digit first",
    ),
]

_BOOLEAN: Final = "true or false (or yes, no, 1, 0)"
_WORDS: Final = {Path: "a path", str: "a text", bool: _BOOLEAN, Networks: "networks like 10.1.0.0/16, comma-separated"}


def kind_of(hint: Any) -> Any:
    """Return a setting's type without what is said about it, and without None."""
    bare = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if get_origin(bare) in (Union, types.UnionType) and type(None) in get_args(bare):
        return next(part for part in get_args(bare) if part is not type(None))
    return bare


def allowed(hint: Any) -> str:
    """Return what may be written for a setting, in words that follow "must be".

    Args:
        hint: its type with everything that is said about it.
    """
    said = [part for part in get_args(hint)[1:] if isinstance(part, Meta)] if get_origin(hint) is Annotated else []
    described = next((meta.description for meta in said if meta.description), None)
    kind = kind_of(hint)
    if described:
        return described
    if get_origin(kind) is Literal:
        return f"one of {', '.join(get_args(kind))}"
    if kind in (int, float):
        number = "a whole number" if kind is int else "a number"
        return f"{number} {_bounds(said)}".strip()
    return _WORDS.get(kind, "texts, comma-separated")


def _bounds(said: list[Meta]) -> str:
    above = next((meta.gt for meta in said if meta.gt is not None), None)
    least = next((meta.ge for meta in said if meta.ge is not None), None)
    greatest = next((meta.le for meta in said if meta.le is not None), None)
    if above is not None:
        return f"above {above:g}" + (f", up to {greatest:g}" if greatest is not None else "")
    if least is not None and greatest is not None:
        return f"from {_number(least)} to {_number(greatest)}"
    if least is not None:
        return f"of at least {_number(least)}"
    return f"of at most {_number(greatest)}" if greatest is not None else ""


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"
