"""Pure: a bar chart as SVG, in a few lines, since no plotting library is needed for it."""

from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

_WIDTH: Final = 760
_BAR_HEIGHT: Final = 26
_ROW: Final = 40
_TOP: Final = 64
_LEFT: Final = 190
_RIGHT: Final = 190
_COLOUR: Final = "#2f6f4f"
_OTHERS_COLOUR: Final = "#9aa5a0"


class Bar(NamedTuple):
    """One bar: its label, its value, what is said beside the value, and whether it is ours."""

    label: str
    value: float
    note: str = ""
    ours: bool = True


def bar_chart(title: str, unit: str, bars: Sequence[Bar]) -> str:
    """Return an SVG of horizontal bars from zero, each with its value written at its end.

    Args:
        title: what is shown.
        unit: of the values, written under the title.
        bars: at least one, from top to bottom; values are not negative.
    """
    scale = (_WIDTH - _LEFT - _RIGHT) / max(1e-9, *(bar.value for bar in bars))
    height = _TOP + _ROW * len(bars) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}">',
        '<g font-family="system-ui, sans-serif" font-size="14" fill="#1d2521">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="26" font-size="17" font-weight="600">{escape(title)}</text>',
        f'<text x="16" y="46" font-size="13" fill="#5b6660">{escape(unit)}</text>',
    ]
    for row, bar in enumerate(bars):
        top, length = _TOP + row * _ROW, bar.value * scale
        middle = top + _BAR_HEIGHT / 2 + 5
        said = f"{bar.value:,.0f}" + (f"  ({bar.note})" if bar.note else "")
        colour = _COLOUR if bar.ours else _OTHERS_COLOUR
        parts += [
            f'<text x="{_LEFT - 10}" y="{middle}" text-anchor="end">{escape(bar.label)}</text>',
            f'<rect x="{_LEFT}" y="{top}" width="{length:.1f}" height="{_BAR_HEIGHT}" rx="3" fill="{colour}"/>',
            f'<text x="{_LEFT + length + 8:.1f}" y="{middle}">{escape(said)}</text>',
        ]
    return "\n".join([*parts, "</g>", "</svg>", ""])
