"""Where a body keeps its fields and what its words mean, as configuration: for a provider whose payload is not published.

A path is dotted, with `[]` for every element of an array (`schemas.providers.paths`). Each field has candidates, tried
in order; the first value that can be used wins. Words are compared as `fold_word` says. The language is described by
`schemas.providers.mapping_schema`, for editors.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from schemas.error_category import ACTIONS, TABLES
from schemas.providers.condition import Condition, condition_of
from schemas.providers.paths import EACH, Path, array_prefix, dotted_of, path_of
from schemas.providers.words import fold_word
from schemas.status import RANK, ConnectionStatus

FIELDS: Final = (
    "message_id",
    "tracking_id",
    "client_ref",
    "event_id",
    "status",
    "time",
    "connection_id",
    "recipient",
    "participant",
    "campaign",
    "error_code",
    "error_title",
    "error_detail",
    "error_stage",
    "reason",
    "identities",
    "template",
    "billable",
    "price_type",
    "price_category",
    "price_model",
)
"""Fields a mapping may place. `tracking_id` becomes an alias of the message; of `identities` every place is read."""

EXTRA_FIELDS: Final = ("identities", "template", "billable", "price_type", "price_category", "price_model")
"""Those that few providers give; read apart, so that the others do not pay for them."""


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """A source's field mapping, as in `recibo.toml` under `[sources.NAME.mapping]`."""

    paths: Mapping[str, tuple[Path, ...]]
    words: Mapping[str, str]
    """Folded word → status (message or connection)."""
    ignored: Mapping[str, str] = field(default_factory=dict)
    """Folded word → kind of thing that is no status."""
    items: tuple[Path, ...] = ()
    """The arrays of events, each ending with its `[]`; a body that is itself an array needs no entry."""
    time_zone: str = "UTC"
    """IANA zone of times that carry none."""
    when: tuple[Condition, ...] = ()
    """Statuses told by a field's being there; the highest one that holds wins, a known word's included."""
    codes: Mapping[str, str] = field(default_factory=dict)
    """The source's own error codes → category."""
    codes_of: str = ""
    """A provider whose codes the source's are, beside its own."""
    time_formats: tuple[str, ...] = ()
    """How its times are written where no general way reads them, as in `%d.%m.%Y %H:%M`."""


KEYS: Final = ("paths", "words", "ignored", "items", "time_zone", "when", "codes", "codes_of", "time_formats")
STATUSES: Final = (*RANK, *map(str, ConnectionStatus))
_SAME_PLACE: Final = ("message_id", "status")
"""Fields that tell where a body's events are."""

TEXT_BYTES_MAX: Final = 16 * 1024
"""A mapping travels with each record of its source."""
EMPTY: Final = FieldMapping(paths={}, words={})
"""Says nothing: what a mapping is merged on where the provider has no default."""


def merged(default: FieldMapping, table: Mapping[str, Any]) -> FieldMapping:
    """Return `default` with what a `[sources.NAME.mapping]` table adds: its paths come first, its words win.

    Args:
        default: the provider's own mapping.
        table: see `schemas.providers.mapping_schema`.

    Raises:
        ValueError: an unknown key, field, status or category, a value of the wrong shape, a word with two meanings, or
            places that cannot be of one event; the message names it.
    """
    for key in table:
        if key not in KEYS:
            raise ValueError(f"{key}: unknown key; one of {', '.join(KEYS)}")
    words = _meanings("words", table, STATUSES)
    ignored = _meanings("ignored", table)
    for word in words.keys() & ignored.keys():
        raise ValueError(
            f"ignored.{ignored[word]}: {word!r} is also a word of {words[word]!r}; leave it in one of them"
        )
    codes_of = str(table.get("codes_of", default.codes_of))
    if codes_of and codes_of not in TABLES:
        raise ValueError(f"codes_of: {codes_of!r} has no codes; one of {', '.join(TABLES)}")
    made = FieldMapping(
        paths=_paths(default, table),
        words={**{w: s for w, s in default.words.items() if w not in ignored}, **words},
        ignored={**{w: k for w, k in default.ignored.items() if w not in words}, **ignored},
        items=tuple(_items(dotted) for dotted in _texts("items", table.get("items", []))) + default.items,
        time_zone=str(table.get("time_zone", default.time_zone)),
        when=_conditions(table) + default.when,
        codes={**default.codes, **_codes(table)},
        codes_of=codes_of,
        time_formats=tuple(_texts("time_formats", table.get("time_formats", []))) + default.time_formats,
    )
    _check_formats(made.time_formats)
    _check_places(made)
    return made


def arrays_of(mapping: FieldMapping) -> tuple[Path, ...]:
    """Return the arrays that hold a mapping's events: those it names, and those that its ids and statuses lie in."""
    implied = [array_prefix(path) for name in _SAME_PLACE for path in mapping.paths.get(name, ())]
    implied += [array_prefix(condition.path) for condition in mapping.when if condition.status]
    return tuple(dict.fromkeys([*mapping.items, *(path for path in implied if path)]))


def _items(dotted: str) -> Path:
    """Return where events are: `results` means `results[]`, and a number in it would leave the other elements out."""
    path = tuple(EACH if key.isdecimal() else key for key in path_of(dotted))
    return path if not path or path[-1] == EACH else (*path, EACH)


def _paths(default: FieldMapping, table: Mapping[str, Any]) -> dict[str, tuple[Path, ...]]:
    paths = dict(default.paths)
    for name, dotted in dict(table.get("paths", {})).items():
        if name not in FIELDS:
            raise ValueError(f"paths.{name}: unknown field; one of {', '.join(FIELDS)}")
        own = tuple(path_of(d) for d in _texts(f"paths.{name}", dotted))
        paths[name] = own + tuple(p for p in paths.get(name, ()) if p not in own)
    return paths


def _meanings(key: str, table: Mapping[str, Any], allowed: tuple[str, ...] = ()) -> dict[str, str]:
    """Return folded word → meaning; a word that folds like another of another meaning is refused."""
    meanings: dict[str, str] = {}
    written: dict[str, str] = {}
    for meaning, listed in dict(table.get(key, {})).items():
        if allowed and meaning not in allowed:
            raise ValueError(f"{key}.{meaning}: no status; one of {', '.join(allowed)}")
        for word in _texts(f"{key}.{meaning}", listed):
            folded = fold_word(word)
            if meanings.get(folded, meaning) != meaning:
                raise ValueError(
                    f"{key}.{meaning}: {word!r} is read as the same word as {written[folded]!r} of "
                    f"{key}.{meanings[folded]}: leave one of them out"
                )
            meanings[folded], written[folded] = meaning, word
    return meanings


def _conditions(table: Mapping[str, Any]) -> tuple[Condition, ...]:
    written = table.get("when", [])
    if not isinstance(written, list) or not all(isinstance(one, Mapping) for one in written):
        raise ValueError("when: expected a list of tables: when = [{ path = 'seenAt', status = 'read' }]")
    try:
        return tuple(condition_of(one, STATUSES) for one in written)
    except ValueError as error:
        raise ValueError(f"when.{error}") from error


def _codes(table: Mapping[str, Any]) -> dict[str, str]:
    codes: dict[str, str] = {}
    for category, listed in dict(table.get("codes", {})).items():
        if category not in ACTIONS:
            raise ValueError(f"codes.{category}: no category; one of {', '.join(ACTIONS)}")
        for code in _texts(f"codes.{category}", listed):
            if codes.get(code, category) != category:
                raise ValueError(f"codes.{category}: {code!r} is also a code of {codes[code]}; leave it in one of them")
            codes[code] = category
    return codes


def _check_formats(formats: tuple[str, ...]) -> None:
    at = datetime(2026, 11, 27, 15, 6, 41, tzinfo=UTC)
    for written in formats:
        try:
            read = datetime.strptime(at.strftime(written), written)  # noqa: DTZ007 - only its date is looked at
        except ValueError as error:
            raise ValueError(f"time_formats: {written!r} cannot be read: {error}") from error
        if read.date() != at.date():
            raise ValueError(f"time_formats: {written!r} does not say day, month and year, as %d.%m.%Y does")


def _check_places(mapping: FieldMapping) -> None:
    """Refuse an id that no status can be of: each lies in an array, and neither array in the other."""
    statuses = [array_prefix(path) for path in mapping.paths.get("status", ())]
    statuses += [array_prefix(condition.path) for condition in mapping.when]
    for path in mapping.paths.get("message_id", ()):
        own = array_prefix(path)
        if own and statuses and not any(own[: len(s)] == s or s[: len(own)] == own for s in statuses):
            raise ValueError(
                f"paths.message_id: {dotted_of(path)} lies in another array than every status ({dotted_of(statuses[0])}…): "
                "which id has which status cannot be said"
            )


def _texts(where: str, value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return value
    raise ValueError(f"{where}: expected a text or a list of texts, found {value!r}")


def mapping_text(table: Mapping[str, Any] | None) -> str:
    """Return what a source says of its mapping as JSON, as its records carry it; `{}`: nothing. Raises ValueError: too long."""
    text = msgspec.json.encode(table or {}, order="deterministic").decode()
    if len(text) > TEXT_BYTES_MAX:
        raise ValueError(f"mapping: {len(text)} bytes as JSON, at most {TEXT_BYTES_MAX}: it travels with each record")
    return text
