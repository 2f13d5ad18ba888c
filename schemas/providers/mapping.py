"""Where a body keeps its fields and what its words mean, as configuration: for a provider whose payload is not published.

A path is dotted (`message.id`). Each field has candidates, tried in order; the first value that can be used wins.
Words are compared without case, accents or punctuation, so `Número não encontrado` is `numero_nao_encontrado`.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from schemas.status import RANK, ConnectionStatus

Path = tuple[str, ...]

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
)
"""Fields a mapping may place. `tracking_id` becomes an alias of the message."""


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """A source's field mapping, as in `recibo.toml` under `[sources.NAME.mapping]`."""

    paths: Mapping[str, tuple[Path, ...]]
    words: Mapping[str, str]
    """Folded word → status (message or connection)."""
    ignored: Mapping[str, str] = field(default_factory=dict)
    """Folded word → kind of thing that is no status."""
    items: tuple[Path, ...] = ()
    """Where an array of events may be; a body that is itself an array needs no entry."""
    time_zone: str = "UTC"
    """IANA zone of times that carry none."""


_KEYS: Final = ("paths", "words", "ignored", "items", "time_zone")
_STATUSES: Final = (*RANK, *map(str, ConnectionStatus))

EMPTY: Final = FieldMapping(paths={}, words={})
"""Says nothing: what a mapping is merged on where the provider has no default."""


def fold_word(word: str) -> str:
    """Return `word` as words are compared: no case, no accents, runs of other characters as one `_`."""
    plain = unicodedata.normalize("NFKD", word.casefold())
    ascii_only = plain.encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_")


def path_of(dotted: str) -> Path:
    """Return a dotted path as a tuple of keys."""
    return tuple(dotted.split("."))


def value_at(document: Any, path: Path) -> Any:
    """Return what stands at `path`, or None. A number in a path indexes an array."""
    for key in path:
        if type(document) is dict:
            document = document.get(key)
        elif type(document) is list and key.isdecimal() and int(key) < len(document):
            document = document[int(key)]
        else:
            return None
    return document


def merged(default: FieldMapping, table: Mapping[str, Any]) -> FieldMapping:
    """Return `default` with what a `[sources.NAME.mapping]` table adds: its paths come first, its words win.

    Args:
        default: the provider's own mapping.
        table: `paths` (field → list of dotted paths), `words` (status → list of words), `ignored` (kind → list
            of words), `items` (list of dotted paths), `time_zone`.

    Raises:
        ValueError: an unknown key, field or status, or a value of the wrong shape; the message names it.
    """
    for key in table:
        if key not in _KEYS:
            raise ValueError(f"{key}: unknown key; one of {', '.join(_KEYS)}")
    paths = dict(default.paths)
    for name, dotted in dict(table.get("paths", {})).items():
        if name not in FIELDS:
            raise ValueError(f"paths.{name}: unknown field; one of {', '.join(FIELDS)}")
        own = tuple(path_of(d) for d in _texts(f"paths.{name}", dotted))
        paths[name] = own + tuple(p for p in paths.get(name, ()) if p not in own)
    for status in dict(table.get("words", {})):
        if status not in _STATUSES:
            raise ValueError(f"words.{status}: no status; one of {', '.join(_STATUSES)}")
    own_words = {
        fold_word(word): status
        for status, words in dict(table.get("words", {})).items()
        for word in _texts(f"words.{status}", words)
    }
    own_ignored = {
        fold_word(word): kind
        for kind, words in dict(table.get("ignored", {})).items()
        for word in _texts(f"ignored.{kind}", words)
    }
    return FieldMapping(
        paths=paths,
        words={**{w: s for w, s in default.words.items() if w not in own_ignored}, **own_words},
        ignored={**{w: k for w, k in default.ignored.items() if w not in own_words}, **own_ignored},
        items=tuple(path_of(d) for d in _texts("items", table.get("items", []))) + default.items,
        time_zone=str(table.get("time_zone", default.time_zone)),
    )


def _texts(where: str, value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return value
    raise ValueError(f"{where}: expected a text or a list of texts, found {value!r}")
