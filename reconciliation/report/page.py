"""A run as one page of HTML that needs nothing else: printable, light and dark, no script. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any, Final

from reconciliation.match.classes import Class
from reconciliation.report.charts import bars
from reconciliation.report.invoice import INVOICE_COLUMNS, invoice_rows, invoice_title
from reconciliation.report.lines import head, share
from reconciliation.report.page_style import STYLE
from reconciliation.report.times import cause
from reconciliation.report.words import CLASSES, class_name, say
from reconciliation.run.limits import ANY
from reconciliation.run.record import Presence, RunRecord
from schemas.causes.sentences import Language

LISTED_MAX: Final = 1_000
"""Differences that the page lists; CSV, XLSX and Parquet have all."""
COLUMNS: Final = (
    *("class", "manifest", "row", "message_id", "reference", "differs", "sent_at", "due_at", "their_status", "status"),
    *("their_connection", "connection_id", "cause", "acknowledged"),
)


def page(record: RunRecord, listed: Iterable[Mapping[str, Any]], language: Language) -> Iterator[str]:
    """Yield the page.

    Args:
        record: the run.
        listed: its first differences, by column.
        language: of the words; columns have the names that they have everywhere.
    """
    labels = {what: words[language] for what, words in CLASSES.items()}
    title = escape(say(language, "title", name=record.name))
    yield f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
    yield f"<style>{STYLE}</style></head><body><main><h1>{title}</h1>"
    yield f'<ul class="head">{"".join(f"<li>{escape(line)}</li>" for line in head(record, language))}</ul>'
    yield from _classes(record, language)
    yield from _section(say(language, "presence"), _presences(record.presences, language))
    yield from _section(invoice_title(record, language), _invoice(record, language))
    yield from _section(say(language, "causes"), _causes(record, language))
    yield from _section(say(language, "days"), bars(record.days, labels))
    yield from _section(say(language, "connections"), bars(record.connections, labels, largest_first=True))
    yield from _section(say(language, "first"), "".join(_listed(listed, labels)))
    yield f"<footer>{escape(record.account)} · {record.run}</footer></main></body></html>\n"


def _section(title: str, body: str) -> Iterator[str]:
    if body:
        yield f"<section><h2>{escape(title)}</h2>{body}</section>"


def _classes(record: RunRecord, language: Language) -> Iterator[str]:
    yield '<table class="classes"><thead><tr>'
    yield "".join(f"<th>{escape(say(language, name))}</th>" for name in ("class", "rows", "share"))
    yield "</tr></thead><tbody>"
    for name, rows in record.counts.items():
        of = "" if name == Class.NO_SEND else share(rows, record.counted)
        kind = ' class="sum"' if name == ANY else ""
        key = "" if name == ANY else f'<span class="key c-{name}"></span>'
        yield f"<tr{kind}><td>{key}{escape(class_name(language, name))}</td><td>{rows:,}</td><td>{of}</td></tr>"
    yield f'<tr class="sum"><td>{escape(say(language, "all_rows"))}</td><td>{record.counted:,}</td><td></td></tr></tbody></table>'


def _invoice(record: RunRecord, language: Language) -> str:
    if not record.invoice:
        return ""
    heads = "".join(f"<th>{name}</th>" for name in INVOICE_COLUMNS[language])
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in invoice_rows(record, language)
    )
    return f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _presences(found: list[Presence], language: Language) -> str:
    names = ("sends", "callbacks", "provider", "invoice")
    cells = "".join(f"<th>{escape(say(language, name))}</th>" for name in names)
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{'●' if p else '-'}</td>" for p in (f.in_sends, f.in_callbacks, f.in_provider, f.in_invoice))
        + f"<td>{f.sends:,}</td></tr>"
        for f in found
    )
    return (
        f"<table><thead><tr>{cells}<th>{escape(say(language, 'rows'))}</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _causes(record: RunRecord, language: Language) -> str:
    items = (
        f"<li><b>{found.rows:,}</b> x {escape(found.connection_id or '-')}: {escape(cause(language, found, record))}</li>"
        for found in record.causes[:20]
    )
    text = "".join(items)
    return f"<ul>{text}</ul>" if text else ""


def _listed(listed: Iterable[Mapping[str, Any]], labels: dict[str, str]) -> Iterator[str]:
    begun = False
    for row in listed:
        if not begun:
            yield '<div class="wide"><table class="listed"><thead><tr>'
            yield "".join(f"<th>{name}</th>" for name in COLUMNS) + "</tr></thead><tbody>"
            begun = True
        shown = dict(row) | {"class": labels[row["class"]], "manifest": str(row["manifest"])[:12]}
        yield "<tr>" + "".join(f"<td>{escape(str(shown[name]))}</td>" for name in COLUMNS) + "</tr>"
    if begun:
        yield "</tbody></table></div>"
