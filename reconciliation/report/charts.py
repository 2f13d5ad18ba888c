"""Bars as inline SVG: rows of a class by day or connection, with their numbers as text. No script, light and dark. Pure."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from reconciliation.match.classes import DIFFERENCES
from reconciliation.run.record import Count

_ROW: Final = 22
_NAME: Final = 190
_BAR: Final = 420
_WIDTH: Final = 760
_NAME_CHARS: Final = 24
NAMES_MAX: Final = 62
"""Two months of days; of connections those with most."""


def bars(counts: Iterable[Count], labels: dict[str, str], *, largest_first: bool = False) -> str:
    """Return a chart of the differences among some counts: a bar a name, a part of it a class; "" where there are none."""
    found: dict[str, dict[str, int]] = {}
    for count in counts:
        if count.what in DIFFERENCES:
            by_class = found.setdefault(count.name, {})
            by_class[count.what] = by_class.get(count.what, 0) + count.rows
    if not found:
        return ""
    names = sorted(found, key=lambda name: (-sum(found[name].values()), name)) if largest_first else sorted(found)[::-1]
    names = names[:NAMES_MAX]
    most = max(sum(found[name].values()) for name in names)
    drawn = "".join(_bar(place, name, found[name], most, labels) for place, name in enumerate(names))
    height = len(names) * _ROW
    return f'<svg viewBox="0 0 {_WIDTH} {height}" width="100%" role="img" class="bars">{drawn}</svg>{_legend(found, labels)}'


def _bar(place: int, name: str, by_class: dict[str, int], most: int, labels: dict[str, str]) -> str:
    y, x = place * _ROW, float(_NAME)
    parts: list[str] = []
    for what in DIFFERENCES:
        rows = by_class.get(what, 0)
        if rows:
            width = max(rows * _BAR / most, 1.5)
            title = f"<title>{escape(name)}: {escape(labels[what])} {rows:,}</title>"
            parts.append(
                f'<rect class="c-{what}" x="{x:.1f}" y="{y + 3}" width="{width:.1f}" height="{_ROW - 6}">{title}</rect>'
            )
            x += width
    shown = name if len(name) <= _NAME_CHARS else name[: _NAME_CHARS - 1] + "…"
    return (
        f'<text x="{_NAME - 8}" y="{y + 15}" text-anchor="end">{escape(shown or "-")}</text>{"".join(parts)}'
        f'<text x="{x + 6:.1f}" y="{y + 15}">{sum(by_class.values()):,}</text>'
    )


def _legend(found: dict[str, dict[str, int]], labels: dict[str, str]) -> str:
    used: Sequence[str] = [what for what in DIFFERENCES if any(what in by_class for by_class in found.values())]
    items = (f'<li><span class="key c-{what}"></span>{escape(labels[what])}</li>' for what in used)
    return f'<ul class="legend">{"".join(items)}</ul>'
