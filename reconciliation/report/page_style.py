"""The style of the page: one palette that tells classes apart in light and dark, and on paper. Pure."""

from typing import Final

COLOURS: Final = {
    "matched": ("#4f8a5b", "#7fbf8c"),
    "not_yet_due": ("#9aa0a6", "#80868b"),
    "matched_weakly": ("#8fae6a", "#b5d38f"),
    "no_callback": ("#c2410c", "#fb923c"),
    "no_send": ("#7c3aed", "#a78bfa"),
    "status_differs": ("#0369a1", "#38bdf8"),
    "connection_differs": ("#0f766e", "#2dd4bf"),
    "number_differs": ("#be123c", "#fb7185"),
    "campaign_differs": ("#a16207", "#facc15"),
    "duplicate": ("#57534e", "#a8a29e"),
    "ambiguous": ("#86198f", "#e879f9"),
    "erased": ("#1f2937", "#d1d5db"),
}
"""Class → colour on light, on dark."""

_RULES: Final = """
:root{--ink:#1b1f24;--soft:#5c6670;--line:#d9dee3;--paper:#fff;--band:#f5f7f9}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:62rem;margin:0 auto;padding:2rem 1.5rem}
h1{font-size:1.6rem;margin:0 0 .8rem}h2{font-size:1.1rem;margin:2rem 0 .6rem}
ul.head{list-style:none;padding:0;margin:0 0 1.5rem;color:var(--soft)}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .8rem .3rem 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
.classes td:nth-child(n+2),.classes th:nth-child(n+2){text-align:right;padding-left:2rem}
tr.sum td{font-weight:600;border-top:2px solid var(--line)}
.wide{overflow-x:auto}.listed{font-size:12px}.listed th,.listed td{padding-right:.6rem;overflow-wrap:anywhere;min-width:3.2rem}
.key{display:inline-block;width:.75em;height:.75em;border-radius:2px;margin-right:.5em;background:currentColor}
.bars text{fill:var(--ink);font-size:12px}.legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;font-size:13px}
footer{margin-top:3rem;color:var(--soft);font-size:12px}
@media print{main{max-width:none;padding:0}section{break-inside:auto}svg,tr{break-inside:avoid}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""


def _colours(place: int) -> str:
    return "".join(
        f".c-{name}{{fill:{both[place]}}}span.c-{name}{{background:{both[place]}}}" for name, both in COLOURS.items()
    )


_DARK: Final = ":root{--ink:#e6e9ec;--soft:#a2abb4;--line:#3a424a;--paper:#15191d;--band:#1d2328}"
STYLE: Final = f"{_RULES}{_colours(0)}@media screen and (prefers-color-scheme:dark){{{_DARK}{_colours(1)}}}"
