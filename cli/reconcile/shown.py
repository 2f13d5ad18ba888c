"""What `recibo reconcile` prints: how a file is understood, what would be refused, what was kept."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from cli._terminal import printable
from reconciliation import app
from reconciliation.keep.keeping import Kept
from reconciliation.read.mapping import unread
from reconciliation.read.preview import Preview
from schemas.send import Send

_SHOWN: Final = ("message_id", "reference", "recipient", "line", "connection_id", "campaign", "template", "provider")
_FURTHER: Final = ("status", "category", "country", "quantity", "period")
_REASONS_MAX: Final = 10
_MANIFEST_CHARS: Final = 12


def show_mapping(console: Console, reading: app.Reading) -> None:
    """Print how the file is written, which column is read as what, and which are not kept."""
    mapping, source = reading.mapping, reading.source
    console.print(f"{source.name}: {source.written}; times without a zone are {mapping.time_zone}'s", highlight=False)
    table = Table()
    for heading in ("column", "is read as"):
        table.add_column(heading, overflow="fold")
    for field, name in mapping.columns.items():
        table.add_row(name, field)
    for tag, name in mapping.tags.items():
        table.add_row(name, f"tag {tag}")
    for field, value in mapping.fixed.items():
        table.add_row("(all rows)", f"{field} = {value}")
    for name in unread(mapping, source.headers):
        table.add_row(name, "(not kept)")
    console.print(table)


def show_preview(console: Console, preview: Preview) -> None:
    """Print the first rows as they are understood, and what would be refused."""
    table = Table(title="First rows, as understood", title_justify="left")
    names = [name for name in (*_SHOWN, *_FURTHER) if any(_text(send, name) for send in preview.first)]
    for heading in ("row", *names, "sent at (UTC)", "amount", "tags"):
        table.add_column(heading, overflow="fold")
    for send in preview.first:
        tags = ", ".join(f"{name}={value}" for name, value in send.tags.items())
        table.add_row(str(send.row), *(_text(send, name) for name in names), _time(send), _amount(send), tags)
    console.print(table)
    rows = preview.kept + preview.refused
    console.print(f"{rows:,} rows: {preview.kept:,} would be kept, {preview.refused:,} refused", highlight=False)
    for (column, why), count in preview.reasons.most_common(_REASONS_MAX):
        where = f"column {column} " if column else ""
        console.print(f"  {count:,} x {where}{why}", style="yellow", highlight=False, soft_wrap=True)
    for refused in preview.first_refused:
        console.print(f"  {printable(refused.sentence)}", highlight=False, soft_wrap=True)
    if preview.unknown_statuses:
        words = ", ".join(f"{word} ({n:,})" for word, n in preview.unknown_statuses.most_common(_REASONS_MAX))
        console.print(f"Statuses that are none of ours are kept as words: {words}", style="yellow", highlight=False)


def show_kept(console: Console, kept: Kept, refused_path: Path | None) -> None:
    """Print what was kept."""
    m = kept.manifest
    if kept.was_known:
        console.print(
            f"manifest {m.manifest}: these rows were kept before ({m.rows:,}); nothing was written", soft_wrap=True
        )
    else:
        told = f"manifest {m.manifest}: {m.rows:,} rows kept, {m.refused:,} refused"
        console.print(told, highlight=False, soft_wrap=True)
    if kept.taken_back:
        console.print(f"{kept.taken_back:,} rows of before were taken back", highlight=False)
    if m.refused and not refused_path and not kept.was_known:
        console.print("--refused FILE writes the refused ones, with why and what to do", highlight=False)


def _text(send: Send, name: str) -> str:
    value = getattr(send, name)
    if name == "quantity":
        return "" if value == 1 else str(value)
    if name == "status":
        return value or (f"? {send.status_text}" if send.status_text else "")
    return str(value)


def _time(send: Send) -> str:
    if send.sent_at_ms is None:
        return ""
    return f"{datetime.fromtimestamp(send.sent_at_ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def _amount(send: Send) -> str:
    return "" if send.amount_micros is None else f"{send.amount_micros / 1_000_000:.6f} {send.currency}".strip()
