"""What there is to ask: each published view with what a row of it is, its parameters, and an example. Read from the files."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
_PARAMETER: Final = re.compile(r"\{(\w+):[\w()]+\}")
_FILLED_IN: Final = {
    "links_missing": ("since", "until"),
    "found": ("texts",),
    "completeness_between": ("time_zone", "since", "until"),
    "audit_between": ("time_zone", "since", "until"),
    "provider_health_between": ("time_zone", "since", "until"),
}
_ORDER: Final = ("account", "message_id", "message_ids", "texts", "time_zone", "since", "until", "min_age_s")


@dataclass(frozen=True, slots=True)
class View:
    """A published view."""

    name: str
    meaning: str
    """What a row is, and what is to be known of it."""
    parameters: tuple[str, ...]
    """What it is called with: all of them; none: it is filtered by a column."""
    example: str


@cache
def views() -> tuple[View, ...]:
    """Return every published view, in the order of the files."""
    texts = [(path.stem.partition("_")[2], path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.sql"))]
    return tuple(_view(name, text) for name, text in texts if f"VIEW ${{views}}.{name} " in text)


def _view(name: str, text: str) -> View:
    comment, _, body = text.partition("CREATE OR REPLACE")
    lines = [line.removeprefix("--").strip() for line in comment.splitlines()]
    example = next(line.removeprefix("Example: ") for line in lines if line.startswith("Example: "))
    found = set(_PARAMETER.findall(body))
    for place, parameters in _FILLED_IN.items():
        found.update(parameters if f"${{{place}}}" in body else ())
    meaning = " ".join(line for line in lines if not line.startswith("Example: "))
    return View(name, meaning, tuple(p for p in _ORDER if p in found), example)


def what_is_missing(statement: str) -> str:
    """Return a sentence on the parameters of the views that a statement asks without all of them; "" where that is not why it failed."""
    for view in views():
        for call in re.finditer(rf"\b{view.name}\b\s*(\((?:[^()]|\([^()]*\))*\))?", statement):
            missing = [p for p in view.parameters if not re.search(rf"\b{p}\s*=", call[1] or "")]
            if missing and re.search(rf"(?i)\b(from|join)\s+(\w+\.)?{view.name}\b", statement):
                return f"{view.name} has the parameters {', '.join(view.parameters)}; missing here: {', '.join(missing)}. Example: {view.example}"
    return ""
