"""The `[sources.NAME.mapping]` table that proposals add up to. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from operations.learn.proposals import Proposal
from schemas.providers.condition import Condition
from schemas.providers.mapping import STATUSES, FieldMapping
from schemas.providers.paths import Path, dotted_of
from schemas.providers.words import fold_word


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said, which no proposal overrules."""

    words: Mapping[str, str] = field(default_factory=dict)
    """Provider's word → status, or → kind of what is no status."""
    places: Mapping[str, Path] = field(default_factory=dict)
    """Field → where it is: looked at first, in bodies that have no capture yet too."""
    time_zone: str = ""
    items: Path | None = None
    """Where the array of events is."""


def table_of(
    existing: Mapping[str, Any],
    proposals: Iterable[Proposal],
    said: Said,
    default: FieldMapping,
    rare_first: Mapping[Path, int] | None = None,
) -> dict[str, Any]:
    """Return the source's mapping table with everything learned: what a person said first, then what it had before.

    Args:
        existing: the source's mapping table now.
        proposals: how each shape is read.
        said: words, places and zone that a person gave.
        default: the provider's own mapping: what it knows is not written again.
        rare_first: in how many bodies each place is: a field's learned places are then in that order.
    """
    paths = {name: _listed(dotted) for name, dotted in dict(existing.get("paths", {})).items()}
    words = {status: _listed(listed) for status, listed in dict(existing.get("words", {})).items()}
    ignored = {kind: _listed(listed) for kind, listed in dict(existing.get("ignored", {})).items()}
    items, when = _listed(existing.get("items", [])), [dict(one) for one in existing.get("when", [])]
    meanings: dict[str, str] = {}
    learned: dict[str, list[Path]] = {}
    for proposal in proposals:
        for name, path in proposal.paths.items():
            for one in (path, *proposal.others.get(name, ())):
                _add(learned.setdefault(name, []), one)
        if proposal.paths and proposal.items and proposal.items not in default.items:
            _add(items, dotted_of(proposal.items))
        for condition in proposal.when:
            _add(when, written(condition))
        meanings |= {word: meaning for word, meaning in proposal.words.items() if word not in meanings}
    for name, found in learned.items():
        for path in sorted(found, key=lambda p: rare_first.get(p, 0)) if rare_first else found:
            _add(paths.setdefault(name, []), dotted_of(path))
    if said.items:
        _add(items, dotted_of(said.items))
    for name, path in said.places.items():
        dotted = dotted_of(path)
        paths[name] = [dotted, *(other for other in paths.get(name, []) if other != dotted)]
    _add_words(meanings, said, default, words, ignored)
    table: dict[str, Any] = {"paths": paths, "words": _filled(words), "ignored": _filled(ignored), "items": items}
    table |= {"when": when, **{key: existing[key] for key in ("codes", "codes_of", "time_formats") if key in existing}}
    table = {name: value for name, value in table.items() if value}
    zone = said.time_zone or existing.get("time_zone")
    return {**table, "time_zone": str(zone)} if zone else table


def _add_words(
    meanings: Mapping[str, str],
    said: Said,
    default: FieldMapping,
    words: dict[str, list[str]],
    ignored: dict[str, list[str]],
) -> None:
    """Add what words mean; what a person said of one replaces what it meant, however it is spelled there."""
    for word in said.words:
        _remove(word, words, ignored)
    settled = {fold_word(word) for word in said.words}
    settled |= {fold_word(word) for listed in (*words.values(), *ignored.values()) for word in listed}
    proposed = {word: meaning for word, meaning in meanings.items() if fold_word(word) not in settled}
    for word, meaning in (proposed | dict(said.words)).items():
        if default.words.get(fold_word(word)) == meaning or default.ignored.get(fold_word(word)) == meaning:
            continue
        _add((words if meaning in STATUSES else ignored).setdefault(meaning, []), word)


def written(condition: Condition) -> dict[str, Any]:
    """Return a condition as a mapping's table has it."""
    table: dict[str, Any] = {"path": dotted_of(condition.path)}
    if condition.equals is not None:
        table["equals"] = condition.equals
    table |= {"status": condition.status} if condition.status else {"ignored": condition.ignored}
    if condition.times:
        table["time"] = [dotted_of(path) for path in condition.times]
    return table


def after_default(table: Mapping[str, Any], default: FieldMapping) -> dict[str, Any]:
    """Return the table with the provider's own paths written before the learned ones."""
    paths = {
        name: list(dict.fromkeys([*(dotted_of(path) for path in default.paths.get(name, ())), *learned]))
        for name, learned in dict(table.get("paths", {})).items()
    }
    return {**table, "paths": paths} if paths else dict(table)


def _listed(value: Any) -> list[str]:
    return [str(value)] if isinstance(value, str) else [str(one) for one in value]


def _remove(word: str, *listed: dict[str, list[str]]) -> None:
    for words in (words for meanings in listed for words in meanings.values()):
        words[:] = [other for other in words if fold_word(other) != fold_word(word)]


def _filled(meanings: dict[str, list[str]]) -> dict[str, list[str]]:
    return {meaning: words for meaning, words in meanings.items() if words}


def _add(to: list[Any], one: Any) -> None:
    if one not in to:
        to.append(one)
