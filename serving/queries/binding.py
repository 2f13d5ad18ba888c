"""Bound values as ClickHouse's HTTP interface reads them (`param_NAME`, tab-separated escaping). Pure."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

_ESCAPES: Final = str.maketrans(
    {
        "\\": "\\\\",
        "'": "\\'",
        "\t": "\\t",
        "\n": "\\n",
        "\r": "\\r",
        "\b": "\\b",
        "\f": "\\f",
        "\0": "\\0",
    }
)


def bound(values: Mapping[str, Any]) -> dict[str, str]:
    """Return `param_NAME` → text of each value: a text, a whole number, a day, or a list of texts.

    Raises:
        TypeError: a value is of another kind: what it would mean is not known.
    """
    return {f"param_{name}": _text(value) for name, value in values.items()}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, int | dt.date):
        return str(int(value)) if isinstance(value, int) else value.isoformat()
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "[" + ",".join(f"'{part.translate(_ESCAPES)}'" for part in value) + "]"
    raise TypeError(f"{type(value).__name__} is no kind of value that statements are bound to")
