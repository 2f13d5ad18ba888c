"""An example for data teams: the funnel of a week and the latencies of its last day, drawn from the views as one SVG.

    python deploy/demo/example_charts.py http://127.0.0.1:8123/recibo charts.svg [DAYS]

It needs clickhouse-connect and the published views (`funnel`, `latencies`): copy it and start from there.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from html import escape
from math import log10
from pathlib import Path
from typing import Final, NamedTuple

from clickhouse_connect.driver.client import Client

from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.settings import from_environ

FUNNEL: Final = """
SELECT sum(messages), sum(sent), sum(delivered), sum(read), sum(failed), sum(open), min(day), max(day)
FROM funnel(time_zone = 'UTC', since = {since:Date}, until = {until:Date})
"""
LATENCIES: Final = """
SELECT provider, from_status, to_status, sum(l.messages) AS messages, max(l.p50_ms), max(l.p95_ms), max(l.p99_ms)
FROM latencies(time_zone = 'UTC', since = {day:Date}, until = {day:Date}) AS l
WHERE l.messages > 0
GROUP BY provider, from_status, to_status  -- of several accounts, the slowest
ORDER BY provider, from_status, to_status
"""
STEPS: Final = ("messages", "sent (where reported)", "delivered", "read", "failed", "open")
_OF_INTEREST: Final = {"delivered", "read"}
_SHADES: Final = (("p50", "#9cc7b0"), ("p95", "#4f9a75"), ("p99", "#1d5a3c"))
_LOST, _OPEN = "#b4533a", "#9aa5a0"
_TICKS: Final = (
    (1, "1 ms"),
    (1e2, "100 ms"),
    (1e3, "1 s"),
    (1e4, "10 s"),
    (6e4, "1 min"),
    (6e5, "10 min"),
    (3.6e6, "1 h"),
    (8.64e7, "1 day"),
    (2.592e9, "30 days"),
)
_WIDTH, _LEFT, _RIGHT, _ROW = 900, 290, 200, 30


class Latency(NamedTuple):
    """How long messages of a provider took from one status to another."""

    provider: str
    from_status: str
    to_status: str
    messages: int
    p50_ms: int
    p95_ms: int
    p99_ms: int


def draw(funnel: Sequence[int], latencies: Sequence[Latency], span: str, day: str) -> str:
    """Return an SVG with both charts.

    Args:
        funnel: counts, as STEPS names them.
        latencies: one row each, from top to bottom.
        span: the days of the funnel, for people.
        day: the day of the latencies.
    """
    below = 84 + _ROW * len(STEPS) + 40
    height = below + 84 + _ROW * max(1, len(latencies))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}">',
            '<g font-family="system-ui, sans-serif" font-size="13" fill="#1d2521">',
            f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
            *_title(26, "How far messages came", span),
            *_bars(68, funnel),
            *_title(below, "How long they took", f"{day} (UTC), by provider; logarithmic"),
            *_ranges(below + 58, latencies),
            "</g>",
            "</svg>",
            "",
        ]
    )


def _title(top: int, title: str, note: str) -> Iterator[str]:
    yield _text(16, top, title, 'font-size="17" font-weight="600"')
    yield _text(16, top + 20, note, 'fill="#5b6660"')


def _bars(top: int, funnel: Sequence[int]) -> Iterator[str]:
    scale = (_WIDTH - _LEFT - _RIGHT) / max(1, funnel[0])
    for row, (step, count) in enumerate(zip(STEPS, funnel, strict=True)):
        y, length = top + row * _ROW, count * scale
        colour = {"failed": _LOST, "open": _OPEN}.get(step, _SHADES[1][1])
        share = f"  ({100 * count / funnel[0]:.1f} %)" if row and funnel[0] else ""
        yield _text(_LEFT - 12, y + 15, step, 'text-anchor="end"')
        yield f'<rect x="{_LEFT}" y="{y}" width="{length:.1f}" height="{_ROW - 10}" rx="3" fill="{colour}"/>'
        yield _text(_LEFT + length + 8, y + 15, f"{count:,}{share}")


def _ranges(top: int, latencies: Sequence[Latency]) -> Iterator[str]:
    if not latencies:
        yield _text(_LEFT, top + 15, "no message has both times of any two statuses")
        return
    least = min(max(1, latency.p50_ms) for latency in latencies)
    most = max(latency.p99_ms for latency in latencies)
    ticks = [tick for tick, _ in _TICKS]
    low = max(tick for tick in ticks if tick <= least)
    high = min((tick for tick in ticks if tick >= most), default=ticks[-1])
    high = high if high > low else low * 10
    bottom = top + _ROW * len(latencies)

    def x(ms: float) -> float:
        share = (log10(max(ms, low)) - log10(low)) / (log10(high) - log10(low))
        return _LEFT + min(1.0, share) * (_WIDTH - _LEFT - _RIGHT)

    for tick, name in _TICKS:
        if low <= tick <= high:
            yield f'<line x1="{x(tick):.1f}" y1="{top - 6}" x2="{x(tick):.1f}" y2="{bottom}" stroke="#e3e8e5"/>'
            yield _text(x(tick), top - 12, name, 'text-anchor="middle" font-size="11" fill="#5b6660"')
    for shade, (name, colour) in enumerate(_SHADES):
        yield f'<circle cx="{_WIDTH - _RIGHT + 24 + shade * 54}" cy="{top - 42}" r="5" fill="{colour}"/>'
        yield _text(_WIDTH - _RIGHT + 33 + shade * 54, top - 38, name, 'font-size="11" fill="#5b6660"')
    for row, latency in enumerate(latencies):
        y = top + row * _ROW + 10
        times = (latency.p50_ms, latency.p95_ms, latency.p99_ms)
        yield _text(
            _LEFT - 12, y + 5, f"{latency.provider}: {latency.from_status} → {latency.to_status}", 'text-anchor="end"'
        )
        yield f'<line x1="{x(times[0]):.1f}" y1="{y}" x2="{x(times[2]):.1f}" y2="{y}" stroke="#cfdcd5" stroke-width="4"/>'
        for ms, (_, colour) in zip(times, _SHADES, strict=True):
            yield f'<circle cx="{x(ms):.1f}" cy="{y}" r="5" fill="{colour}"/>'
        yield _text(_WIDTH - _RIGHT + 16, y + 5, " · ".join(_duration(ms) for ms in times), 'fill="#5b6660"')


def _text(x: float, y: float, text: str, style: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y}" {style}>{escape(text)}</text>'


def _duration(ms: float) -> str:
    for size, unit in ((8.64e7, "d"), (3.6e6, "h"), (6e4, "min"), (1e3, "s")):
        if ms >= size:
            return f"{ms / size:.3g} {unit}"
    return f"{ms:.0f} ms"


def charts(client: Client, until: date, days: int) -> str:
    """Return the SVG of the `days` days that end with `until` (UTC)."""
    since = until - timedelta(days=days - 1)
    *funnel, first, last = client.query(FUNNEL, parameters={"since": since, "until": until}).result_rows[0]
    if not funnel[0]:
        raise SystemExit(f"no messages from {since} to {until}: give more DAYS")
    rows = client.query(LATENCIES, parameters={"day": last}).result_rows
    latencies = [Latency(*row) for row in rows]
    wanted = [latency for latency in latencies if latency.to_status in _OF_INTEREST]
    return draw(funnel, wanted, f"{first} to {last} (UTC), by the day of a message's first event", str(last))


def main(url: str, path: str, days: str = "7") -> None:
    """Write the charts of the last days to a file."""
    with connect(from_environ(ClickHouseSettings, "", {**os.environ, "CLICKHOUSE_URL": url})) as client:
        Path(path).write_text(charts(client, datetime.now(UTC).date(), int(days)), encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
