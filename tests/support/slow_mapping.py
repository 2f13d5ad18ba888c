"""What a mapping makes of a body, in the plainest code: the reference that the compiled parser is compared with.

Elements and values are looked up one by one, path by path, from the text of the mapping's table; nothing is compiled,
remembered or shared with the product but the reading of words, times and recipients.
"""

from collections.abc import Iterator
from typing import Any

from schemas.providers.times import parse_time_ms, zone
from schemas.providers.words import fold_word
from schemas.status import RANK

Scopes = list[tuple[str, Any]]
"""(arrays it lies in, as written; the object) from the body inwards."""


def steps_of(path: str) -> list[str]:
    """Return a written path's keys, `[]` apart."""
    return [step for part in path.split(".") for step in ([part[:-2], "[]"] if part.endswith("[]") else [part])]


def every(document: Any, steps: list[str]) -> Iterator[Any]:
    """Return all values at a path."""
    if not steps:
        yield document
    elif steps[0] == "[]" and isinstance(document, list):
        for element in document:
            yield from every(element, steps[1:])
    elif isinstance(document, dict) and steps[0] in document:
        yield from every(document[steps[0]], steps[1:])
    elif isinstance(document, list) and steps[0].isdecimal() and int(steps[0]) < len(document):
        yield from every(document[int(steps[0])], steps[1:])


def arrays(table: dict[str, Any]) -> set[str]:
    """Return every array that holds events, `items` and those of ids and statuses, each ending in `[]`."""
    paths = [*table["paths"].get("message_id", []), *table["paths"].get("status", [])]
    paths += [one["path"] for one in table.get("when", [])] + table.get("items", [])
    return {path[: path.rindex("[]") + 2] for path in paths if "[]" in path}


def elements(table: dict[str, Any], document: Any) -> list[Scopes]:
    """Return every event of a body."""
    wanted = sorted(arrays(table))
    ids = {path for paths in table["paths"].values() for path in paths if path.endswith("[]")}

    def below(scopes: Scopes) -> list[Scopes]:
        prefix, holder = scopes[-1]
        found: list[Scopes] = []
        nearest = {
            path[: path.index("[]", len(prefix)) + 2] for path in wanted if path.startswith(prefix) and path != prefix
        }
        for path in sorted(nearest):
            for array in every(holder, steps_of(path[len(prefix) :].lstrip(".")[:-2])):
                if isinstance(array, list) and (path in ids or any(isinstance(e, dict | list) for e in array)):
                    for element in array:
                        found += below([*scopes, (path, element)])
        return found or [scopes]

    documents = document if isinstance(document, list) and document else [document]
    return [scopes for one in documents for scopes in below([("", one)])]


def candidates(table: dict[str, Any], scopes: Scopes, path: str) -> list[Any]:
    """Return what may stand at a path for an event: from the array it names, else from the inside out."""
    for prefix, scope in reversed(scopes[1:]):
        if path.startswith(prefix):
            rest = path[len(prefix) :].lstrip(".")
            return list(every(scope, steps_of(rest) if rest else []))
    return [value for _, scope in reversed(scopes) for value in every(scope, steps_of(path))]


def texts(table: dict[str, Any], scopes: Scopes, field: str) -> list[str]:
    """Return a field's values, the event's own first, then by the order of its paths."""
    found: list[Any] = []
    for depth in range(len(scopes) - 1, -1, -1):
        for path in table["paths"].get(field, []):
            bound = [prefix for prefix, _ in scopes[1:] if path.startswith(prefix)]
            own = scopes[depth][0] == bound[-1] if bound else True
            if own and not ("[]" in path and not bound):
                rest = path[len(bound[-1]) :].lstrip(".") if bound else path
                found += every(scopes[depth][1], steps_of(rest) if rest else [])
    return [str(v) for v in found if type(v) in (str, int) and str(v)]


def said(table: dict[str, Any], document: Any) -> list[tuple[str, str, int | None]]:
    """Return (message id, status, time) of every event of a body; ("", "", None) for one that is not understood."""
    words = {fold_word(word): status for status, listed in table.get("words", {}).items() for word in listed}
    made: list[tuple[str, str, int | None]] = []
    for scopes in elements(table, document):
        written = texts(table, scopes, "status")
        known = [words[fold_word(word)] for word in written if fold_word(word) in words]
        status = known[0] if known else ""
        time_paths: list[str] = []
        told = [
            one
            for one in table.get("when", [])
            if any(_holds(one, value) for value in candidates(table, scopes, one["path"]))
            and not (written and not known)
        ]
        if told:
            best = max(told, key=lambda one: RANK[one["status"]])
            if RANK[best["status"]] >= RANK.get(status, 0):
                status, time_paths = best["status"], [best["time"]] if "time" in best else []
        ids = texts(table, scopes, "message_id") or texts(table, scopes[-1:], "tracking_id")
        if not status or not ids or _reads_one_of_several(table, scopes):
            made.append(("", "", None))
            continue
        times = [value for path in time_paths for value in candidates(table, scopes, path)]
        times += texts(table, scopes, "time")
        read = [at for at in (parse_time_ms(value, zone("UTC")) for value in times) if at is not None]
        told = [at for at in read if 0 < at < 10**14]
        made.append((ids[0], status, next(iter([*told, *read]), None)))
    return made


def _holds(one: dict[str, Any], value: Any) -> bool:
    if "equals" in one:
        return bool(value is one["equals"] or (not isinstance(value, bool) and value == one["equals"]))
    return value is not None and value is not False and value not in ("", [], {})


def _reads_one_of_several(table: dict[str, Any], scopes: Scopes) -> bool:
    for paths in table["paths"].values():
        for path in paths:
            steps = steps_of(path)
            for place, step in enumerate(steps):
                if step.isdecimal() and "[]" not in steps:
                    for _, scope in scopes:
                        if any(isinstance(v, list) and len(v) > 1 for v in every(scope, steps[:place])):
                            return True
    return False
