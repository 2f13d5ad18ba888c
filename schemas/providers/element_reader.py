"""Reading the fields of one event: in itself first, then in what surrounds it, from the inside out.

Made once for each kind of place where a mapping's events stand; a path that begins with the arrays an event lies in is
read from the element of that array, any other from every scope.
"""

from collections.abc import Sequence
from typing import Any

from schemas.providers.arrays import Element, level_of
from schemas.providers.condition import Condition
from schemas.providers.field_reader import Document, FieldReader, Plan, text_of
from schemas.providers.mapping import EXTRA_FIELDS, FieldMapping
from schemas.providers.paths import EACH, Path, left_out, prefixes, value_at
from schemas.status import RANK

Plans = tuple[tuple[Plan, Document], ...]
"""What is looked at, in order, and how."""

_ITS_OWN = ("event_id",)
"""What is never read around an event: there it is the request's."""
_IN_ITS_ARRAY = ("message_id", "status", "connection_id", "event_id")
"""Fields of which an array has as many as elements: never the first one's."""


Reading = tuple[Plans, tuple[Any, ...]]
"""What is looked at, and what was found of an event: the texts of the fields, then the value where a status may stand
first, then where a time may."""


class ElementReader:
    """Reads events that lie in the same arrays."""

    def __init__(self, mapping: FieldMapping, arrays: Path, texts: Sequence[str]) -> None:
        """Prepare to read the fields `texts`, `status` and `time` of events in `arrays` (() for whole bodies)."""
        self._arrays = arrays
        self._last = len(prefixes(arrays)) - 1
        self._slots = {name: slot for slot, name in enumerate((*texts, "status", "time"))}
        self._own_slots = frozenset(self._slots[name] for name in _ITS_OWN)
        self._kept_of_objects = self._own_slots | {self._slots["status"], self._slots["time"]}
        self._blank = (*("" for _ in texts), "", None)
        self._scalar = tuple(
            slot
            for name, slot in self._slots.items()
            if any(p == arrays for p in mapping.paths.get(name, ())) and arrays
        )
        self._readers = [FieldReader(self._paths(mapping, level), texts) for level in range(self._last + 1)]
        self._fixed = [
            (level, steps)
            for candidates in mapping.paths.values()
            for path in candidates
            if any(key.isdecimal() for key in path)
            for level, steps in self._places(path)
        ]
        self.conditions = tuple(
            (condition, self._places(condition.path), tuple(p for t in condition.times for p in self._places(t)))
            for condition in sorted(mapping.when, key=lambda c: -RANK.get(c.status, 0 if c.status else 1_000))
        )
        self.extras = {
            name: [place for path in mapping.paths[name] for place in self._places(path)]
            for name in EXTRA_FIELDS
            if mapping.paths.get(name)
        }

    def read(self, scopes: tuple[Any, ...]) -> Reading:
        """Return what is found of an event."""
        event = scopes[-1]
        if type(event) is not dict:
            return self._around((), self._scalar_values(event), scopes, is_object=False)
        plan = self._readers[-1].plan(event)
        if len(scopes) == 1:
            return ((plan, event),), plan.values(event)
        return self._around(((plan, event),), plan.values(event), scopes, is_object=True)

    def _around(self, plans: Plans, values: tuple[Any, ...], scopes: tuple[Any, ...], *, is_object: bool) -> Reading:
        """Return a reading with what surrounds the event added, from the inside out."""
        for level in range(len(scopes) - 2, -1, -1):
            scope = scopes[level]
            if type(scope) is dict:
                plan = self._readers[level].plan(scope)
                plans = (*plans, (plan, scope))
                # Of an object, its own candidates for status and time come first, and are looked at through the plans.
                kept = self._kept_of_objects if is_object else self._own_slots
                wanted = [slot for slot in plan.slots if slot not in kept and not values[slot]]
                if wanted:
                    around, merged = plan.values(scope), list(values)
                    for slot in wanted:
                        merged[slot] = around[slot]
                    values = tuple(merged)
        return plans, values

    def _scalar_values(self, event: Any) -> tuple[Any, ...]:
        """Return the values of an event that is an id itself."""
        if not self._scalar:
            return self._blank
        return tuple(text_of(event) if slot in self._scalar else blank for slot, blank in enumerate(self._blank))

    def incomplete(self, scopes: tuple[Any, ...]) -> str:
        """Return which array is read by a fixed place although it has more elements, and how many; "" where none is."""
        for level, steps in self._fixed:
            count = left_out(scopes[level], steps)
            if count:
                return f"{'.'.join(steps)} reads one of {count} elements; write [] for the number"
        return ""

    def told(self, scopes: tuple[Any, ...]) -> tuple[Condition, Sequence[tuple[int, Path]]] | None:
        """Return the first condition that holds, one that ignores before the highest status, and where its time is."""
        for condition, places, times in self.conditions:
            for level, steps in places:
                if condition.holds(value_at(scopes[level], steps)):
                    return condition, times
        return None

    def _places(self, path: Path) -> tuple[tuple[int, Path], ...]:
        """Return the scopes a path is read from, from the inside out, and its steps from there."""
        bound = level_of(path, self._arrays)
        if bound is not None:
            return (bound,)
        return tuple((level, path) for level in range(self._last, -1, -1))

    def _paths(self, mapping: FieldMapping, level: int) -> dict[str, tuple[Path, ...]]:
        """Return what is looked for in one scope."""
        found: dict[str, tuple[Path, ...]] = {}
        for name in self._slots:
            if name in _ITS_OWN and level < self._last:
                continue
            steps = [
                rest
                for path in mapping.paths.get(name, ())
                for place, rest in self._places(path)
                if place == level and rest and not (EACH in rest and name in _IN_ITS_ARRAY)
            ]
            if steps:
                found[name] = tuple(dict.fromkeys(steps))
        return found


def element_of(document: Any) -> Element:
    """Return a whole body as its one event."""
    return Element((), (document,))
