"""The `[sources.NAME.mapping]` table that proposals add up to. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from operations.learn.proposals import Proposal
from schemas.providers.mapping import FieldMapping
from schemas.providers.paths import Path, path_of
from schemas.providers.words import fold_word
from schemas.status import RANK, ConnectionStatus

_STATUSES = frozenset({*RANK, *map(str, ConnectionStatus)})


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said, which no proposal overrules."""

    words: Mapping[str, str] = field(default_factory=dict)
    """Provider's word → status, or → kind of what is no status."""
    places: Mapping[str, Path] = field(default_factory=dict)
    """Field → where it is: looked at first, in bodies that have no capture yet too."""
    time_zone: str = ""


def table_of(
    existing: Mapping[str, Any], proposals: Iterable[Proposal], said: Said, default: FieldMapping
) -> dict[str, Any]:
    """Return the source's mapping table with everything learned: what a person said first, then what it had before.

    Args:
        existing: the source's mapping table now.
        proposals: how each shape is read.
        said: words, places and zone that a person gave.
        default: the provider's own mapping: what it knows is not written again.
    """
    paths = {name: _listed(dotted) for name, dotted in dict(existing.get("paths", {})).items()}
    words = {status: _listed(listed) for status, listed in dict(existing.get("words", {})).items()}
    ignored = {kind: _listed(listed) for kind, listed in dict(existing.get("ignored", {})).items()}
    items = _listed(existing.get("items", []))
    meanings: dict[str, str] = {}
    for proposal in proposals:
        for name, path in proposal.paths.items():
            _add(paths.setdefault(name, []), ".".join(path))
        if proposal.items and path_of(".".join(proposal.items)) not in default.items:
            _add(items, ".".join(proposal.items))
        meanings |= {word: meaning for word, meaning in proposal.words.items() if word not in meanings}
    for name, path in said.places.items():
        dotted = ".".join(path)
        paths[name] = [dotted, *(other for other in paths.get(name, []) if other != dotted)]
    for word in said.words:
        _remove(word, words, ignored)
    settled = {fold_word(word) for word in said.words}
    proposed = {word: meaning for word, meaning in meanings.items() if fold_word(word) not in settled}
    for word, meaning in (proposed | dict(said.words)).items():
        if default.words.get(fold_word(word)) == meaning or default.ignored.get(fold_word(word)) == meaning:
            continue
        _add((words if meaning in _STATUSES else ignored).setdefault(meaning, []), word)
    words, ignored = _filled(words), _filled(ignored)
    table: dict[str, Any] = {"paths": paths, "words": words, "ignored": ignored, "items": items}
    table = {name: value for name, value in table.items() if value}
    zone = said.time_zone or existing.get("time_zone")
    return {**table, "time_zone": str(zone)} if zone else table


def after_default(table: Mapping[str, Any], default: FieldMapping) -> dict[str, Any]:
    """Return the table with the provider's own paths written before the learned ones."""
    paths = {
        name: list(dict.fromkeys([*(".".join(path) for path in default.paths.get(name, ())), *learned]))
        for name, learned in dict(table.get("paths", {})).items()
    }
    return {**table, "paths": paths} if paths else dict(table)


def _listed(value: Any) -> list[str]:
    return [str(value)] if isinstance(value, str) else [str(one) for one in value]


def _remove(word: str, *listed: dict[str, list[str]]) -> None:
    """Forget what a word meant, however it is spelled there."""
    for words in (words for meanings in listed for words in meanings.values()):
        words[:] = [other for other in words if fold_word(other) != fold_word(word)]


def _filled(meanings: dict[str, list[str]]) -> dict[str, list[str]]:
    return {meaning: words for meaning, words in meanings.items() if words}


def _add(to: list[str], one: str) -> None:
    if one not in to:
        to.append(one)
