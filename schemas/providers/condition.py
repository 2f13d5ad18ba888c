"""A status that is told by a field: there, true, or equal to something. An entry of a mapping's `when`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas.providers.paths import Path, dotted_of, path_of

_KEYS: Final = ("path", "equals", "status", "ignored", "time")
_NOTHING: Final[tuple[Any, ...]] = (None, "", [], {})
_TRUTH: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Condition:
    """`path` is there (or equals something): the message has this status, at this time."""

    path: Path
    status: str
    """A status of a message or connection; "" where what holds makes the body no status."""
    equals: bool | int | str | None = None
    """What has to stand there; None: anything but null, an empty text, array or object, and false."""
    ignored: str = ""
    """For a body that is no status: what it is instead."""
    times: tuple[Path, ...] = ()
    """Where this status's own time is, in order."""

    @property
    def told_by(self) -> str:
        """What stands for the provider's word."""
        return dotted_of(self.path) if self.equals in (None, True) else f"{dotted_of(self.path)}={self.equals}"

    def holds(self, value: Any) -> bool:
        """Return whether it holds of what stands at the path. A form's `true` and `1` are texts, and count as such."""
        if self.equals is None:
            return value is not False and not any(type(value) is type(n) and value == n for n in _NOTHING)
        if type(self.equals) is bool:
            return self.equals is (value if type(value) is bool else _TRUTH.get(str(value).lower()))
        return type(value) in (str, int) and str(value).casefold() == str(self.equals).casefold()


def condition_of(table: Mapping[str, Any], statuses: tuple[str, ...]) -> Condition:
    """Return an entry of `when` as it is written. Raises ValueError, naming the key."""
    for key in table:
        if key not in _KEYS:
            raise ValueError(f"{key}: unknown key; one of {', '.join(_KEYS)}")
    path, status, ignored = table.get("path"), table.get("status", ""), table.get("ignored", "")
    if not isinstance(path, str) or not path:
        raise ValueError("path: say which field, as in path = 'seenAt'")
    if bool(status) == bool(ignored):
        raise ValueError("status: say which status holds then, or `ignored` and what the body is instead")
    if status and status not in statuses:
        raise ValueError(f"status: {status!r} is none; one of {', '.join(statuses)}")
    equals = table.get("equals")
    if equals is not None and type(equals) not in (bool, int, str):
        raise ValueError(f"equals: expected true, false, a number or a text, found {equals!r}")
    times = table.get("time", [])
    times = [times] if isinstance(times, str) else times
    if not isinstance(times, list) or not all(isinstance(t, str) for t in times):
        raise ValueError(f"time: expected a path or a list of paths, found {times!r}")
    return Condition(path_of(path), str(status), equals, str(ignored), tuple(map(path_of, times)))
