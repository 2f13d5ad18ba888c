"""Mappings and bodies drawn at random, mostly of one another's shape: nested arrays, ids in arrays, flags, rubbish."""

from random import Random
from typing import Any, Final

from tests.support.slow_mapping import steps_of

WORDS: Final = {"sent": ["sent", "-1"], "delivered": ["entregue", "1"], "read": ["lida"], "error": ["falha"]}

LAYOUTS: Final[tuple[tuple[str, str], ...]] = (
    ("", ""),
    ("", "list[]"),
    ("list[]", "list[]"),
    ("a.list[]", "a.list[]"),
    ("e[].c[].s[]", "e[].c[].s[]"),
    ("e[].s[]", "e[].s[].ids[]"),
    ("", "p.ids[]"),
)
"""(array that the status lies in, array that the id lies in or is an element of)."""

_SCALARS: Final[tuple[Any, ...]] = ("m1", "m2", "m3", "m4", "m5", 7, 8, 9, "", None, True, {"x": 1})
_FIELDS: Final[dict[str, tuple[Any, ...]]] = {
    "id": _SCALARS,
    "st": ("sent", "-1", "Entregue", "ENTREGUE", "1", "LIDA", "lida", "falha", "??", "", None, 3),
    "at": (1_773_144_003, "2026-03-10T12:00:03Z", "", None, "soon"),
    "seen": (True, False, None, "", "2026-03-10"),
}


def _object(rng: Random) -> dict[str, Any]:
    return {name: rng.choice(values) for name, values in _FIELDS.items() if rng.random() < 0.6}


def _grown(rng: Random, steps: list[str]) -> Any:
    """Return a document with arrays along a path, objects of fields at each of their elements."""
    if not steps:
        return _object(rng) if rng.randrange(10) else rng.choice(_SCALARS)
    if steps[0] == "[]":
        if not rng.randrange(10):
            return rng.choice((None, "x", {}, 3))
        if not steps[1:] and rng.randrange(2):
            return [rng.choice(_SCALARS) for _ in range(rng.randrange(4))]
        return [_grown(rng, steps[1:]) for _ in range(rng.randrange(4))]
    document = _object(rng)
    if rng.randrange(10):
        document[steps[0]] = _grown(rng, steps[1:])
    return document


def case(rng: Random) -> tuple[dict[str, Any], Any]:
    """Return a mapping's table and a body."""
    of_status, of_id = rng.choice(LAYOUTS)
    relative = bool(rng.randrange(2))
    ids = of_id if rng.randrange(2) and of_id != of_status else f"{of_id}.id".lstrip(".")
    status = "st" if relative or not of_status else f"{of_status}.st"
    paths = {"message_id": [ids], "status": [status], "time": ["at"]}
    table: dict[str, Any] = {"paths": paths, "words": WORDS}
    if relative and of_status:
        table["items"] = [of_status]
    if rng.randrange(2):
        told = f"{of_status}.seen".lstrip(".")
        table["when"] = [{"path": told, "status": "read", "time": told}]
    if not rng.randrange(5) and "[]" not in of_id:
        paths["message_id"] = ["list.0.id", "id"]
    longest = max((of_status, of_id), key=len)
    body = _grown(rng, steps_of(longest) if longest else ["list", "[]"])
    return table, [body, body] if not rng.randrange(10) else body
