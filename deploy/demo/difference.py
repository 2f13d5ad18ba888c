"""One thing that is not as it must be."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

_NUMBERS: Final = (int, float)


class Difference(NamedTuple):
    """Something found that contradicts the truth, or something true that was not found."""

    where: str
    """The topic or table."""
    subject: str
    """`account/message id` (or connection id, or the body's mark): what to look up."""
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.subject}: {self.what}"


def bare(value: Any) -> Any:
    """Return a JSON value without the fields that say nothing (null, false, "", [] and {}); 0 says something."""
    if isinstance(value, dict):
        kept = ((name, bare(inner)) for name, inner in value.items())
        return {name: inner for name, inner in kept if inner or type(inner) in _NUMBERS}
    return [bare(inner) for inner in value] if isinstance(value, list) else value


def fields_that_differ(found: Mapping[str, Any], true: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Return a sentence for each field that differs between two bare JSON objects."""
    sentences = []
    for name in sorted(found.keys() | true.keys()):
        here, there = found.get(name), true.get(name)
        if isinstance(here, Mapping) and isinstance(there, Mapping):
            sentences += fields_that_differ(here, there, f"{prefix}{name}.")
        elif here != there:
            sentences.append(f"{prefix}{name} is {here!r}, the truth is {there!r}")
    return sentences
