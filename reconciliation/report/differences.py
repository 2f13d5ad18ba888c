"""A run's rows as reports list them, by one query: texts, times in the zone of the run; for programs with their types.

It reads what the run kept, and what people had said of differences by then: so it is the same whenever it is asked.
"""

from collections.abc import Sequence
from typing import Any, Final

from reconciliation.run.record import RunRecord
from reconciliation.run.run_tables import SUBJECT

_TEXTS: Final = ("message_id", "reference", "their_connection", "connection_id", "their_campaign", "campaign")
_TIMES: Final = ("sent_at", "first_at", "delivered_at", "due_at", "cause_from", "cause_until")
_LISTS: Final = ("differs", "candidate_ids")
_PLAIN: Final = (
    *("class", "manifest", "row", "role", "found_by", "candidates", "first_row", "place", "their_status", "status"),
    *("provider", "category", "cause", "cause_count", "in_sends", "in_callbacks", "in_provider", "in_invoice"),
)
_ORDER: Final = (
    *(
        "class",
        "manifest",
        "row",
        "role",
        "message_id",
        "reference",
        "found_by",
        "differs",
        "candidates",
        "candidate_ids",
    ),
    *("first_row", "place", "sent_at", "first_at", "delivered_at", "due_at", "their_status", "status"),
    *("their_connection", "connection_id", "their_campaign", "campaign", "provider", "category", "amount", "currency"),
    *("cause", "cause_from", "cause_until", "cause_count", "in_sends", "in_callbacks", "in_provider", "in_invoice"),
    "acknowledged",
)
_KNOWN: Final = """
LEFT ALL JOIN
(
    SELECT class, subject, argMax(reason, at) AS reason FROM {store}.reconciliation_acknowledgement
    WHERE account = {{account:String}} AND at <= fromUnixTimestamp64Milli({{made_ms:Int64}}, 'UTC')
    GROUP BY class, subject HAVING NOT argMax(is_withdrawn, at)
) AS a ON a.class = d.class AND a.subject = {subject}
"""
_NUMBERS: Final = """
LEFT ALL JOIN
(
    SELECT manifest, row, line FROM {store}.message_send FINAL WHERE account = {{account:String}} AND manifest IN {{manifests:Array(String)}}
) AS n ON n.manifest = d.manifest AND n.row = d.row
"""


def query(
    store: str,
    record: RunRecord,
    classes: Sequence[str],
    *,
    numbers: bool = False,
    spreadsheet: bool = False,
    typed: bool = False,
    limit: int = 0,
) -> tuple[str, dict[str, Any]]:
    """Return the question for a run's rows of some classes, in the order of class, manifest and row.

    Args:
        store: database of the tables.
        record: the run.
        classes: those to list.
        numbers: whether the rows' numbers stand beside them, as the sends have them now.
        spreadsheet: whether long runs of digits are marked as text, which a spreadsheet would round.
        typed: whether times (UTC), lists and amounts are what they are, for programs, and no texts.
        limit: of rows; 0: all.
    """
    columns = {name: f"toString(d.{name})" if name in _TEXTS else f"d.{name}" for name in (*_TEXTS, *_PLAIN)}
    columns |= _typed() if typed else _texts()
    columns |= {"currency": "d.currency", "acknowledged": "a.reason"}
    order = list(_ORDER)
    if numbers:
        columns["line"] = "n.line"
        order.insert(order.index("reference") + 1, "line")
    if spreadsheet:
        for name in ("message_id", "reference"):
            columns[name] = (
                f"if(match({columns[name]}, '^[0-9]{{12,}}$'), concat('\\'', {columns[name]}), {columns[name]})"
            )
    listed = ", ".join(f"{columns[name]} AS {name}" for name in order)
    joins = _KNOWN.format(store=store, subject=SUBJECT) + (_NUMBERS.format(store=store) if numbers else "")
    text = (
        f"SELECT {listed} FROM {store}.reconciliation_difference AS d {joins}"  # noqa: S608 - names of ours
        "WHERE d.account = {account:String} AND d.run = {run:String} AND d.class IN {classes:Array(String)} "
        "ORDER BY d.class, d.manifest, d.row, d.anchor_day, d.message_id" + (f" LIMIT {limit}" if limit else "")
    )
    parameters = {
        "account": record.account,
        "run": record.run,
        "made_ms": record.made_ms,
        "time_zone": record.time_zone,
        "classes": list(classes),
        "manifests": [m.manifest for m in record.manifests],
    }
    return text, parameters


def _texts() -> dict[str, str]:
    times = {
        name: f"if(isNull(d.{name}), '', formatDateTime(assumeNotNull(d.{name}), '%Y-%m-%d %H:%i:%S', {{time_zone:String}}))"
        for name in _TIMES
    }
    lists = {name: f"arrayStringConcat(d.{name}, ' ')" for name in _LISTS}
    amount = "if(isNull(d.amount_micros), '', toString(toDecimal128(assumeNotNull(d.amount_micros), 6) / 1000000))"
    return times | lists | {"amount": amount}


def _typed() -> dict[str, str]:
    lists = {name: f"arrayMap(one -> toString(one), d.{name})" for name in _LISTS}
    return {name: f"d.{name}" for name in _TIMES} | lists | {"amount": "toDecimal64(d.amount_micros, 6) / 1000000"}
