"""What columns mean: names in files → what a send has, and panels' words → statuses. Pure: data from columns.toml, read once.

Package data is read by importlib.resources, as the causes in `schemas/causes/` are.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final

from schemas.providers.words import fold_word
from schemas.providers.wpp_marketing import DEFAULT
from schemas.status import RANK

_DATA: Final = "columns.toml"


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(_DATA).read_text(encoding="utf-8"))


@cache
def fields() -> tuple[str, ...]:
    """Return what a column can be read as: `message_id`, `reference`, `recipient`, ..."""
    return tuple(_data()["columns"])


@cache
def synonyms() -> dict[str, dict[str, int]]:
    """Return field → folded name → its rank: of two columns of a file the one of the least rank is read."""
    return {
        field: {fold_word(name): rank for rank, name in enumerate(names)} for field, names in _data()["columns"].items()
    }


@cache
def known_names() -> frozenset[str]:
    """Return every folded name that a column is recognised by."""
    return frozenset(name for names in synonyms().values() for name in names)


def is_text(name: str) -> bool:
    """Return whether a column so called holds what was written in messages."""
    return fold_word(name) in _texts()


def status_of(word: str) -> str:
    """Return our status for a panel's word, "" where it is none that is known."""
    return _statuses().get(fold_word(word), "")


@cache
def _texts() -> frozenset[str]:
    return frozenset(map(fold_word, _data()["texts"]["names"]))


@cache
def _statuses() -> dict[str, str]:
    own = {fold_word(word): status for status, words in _data()["statuses"].items() for word in words}
    return {word: status for word, status in {**DEFAULT.words, **own}.items() if status in RANK} | {s: s for s in RANK}
