"""What forgetting does to sends, and to what reconciliations kept of them: statements, written for one server. Pure.

Rows stay, so that manifests and runs sum to what they summed to; they name nobody. A send becomes one of the message as it is
called since (`erased-…`), or of none: then it is called by a hash of its place. These statements come before those on
messages, whose references say which sends are meant. All may be run again, wherever they were cut off: of each row's copy
and deletion the copy comes first, and `message_send`, by which the others are found, comes last.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from projections.clickhouse.erasure import AT_ONCE, KEY, KNOWN_AS
from projections.literals import quoted
from schemas.erasure import KNOWN_AS_PREFIX

_PLACE: Final = "concat(account, '/', manifest, '/', toString(row))"
_AT: Final = "(account, manifest, row)"
_SUBJECT: Final = "concat(account, '/', subject)"


def of_sends(database: str, salt: str, known: Sequence[str], pattern: str, forms: Sequence[str]) -> Iterator[str]:
    """Yield what strips a person's sends, and differences, invoices' ids and acknowledgements that are about them.

    Args:
        database: of the tables.
        salt: what messages are hashed with.
        known: what the person's messages are called from then on.
        pattern: what finds the person's names in texts (RE2).
        forms: every text that the person may stand under in a column.
    """
    for start in range(0, max(1, len(known)), AT_ONCE):
        listed = ", ".join(map(quoted, known[start : start + AT_ONCE])) or "''"
        yield from _of_some(database, salt, listed, where_sent(database, salt, listed, pattern, forms))
    yield (
        f"ALTER TABLE {database}.reconciliation_acknowledgement UPDATE reason = '' WHERE match(reason, {quoted(pattern)})"
    )
    yield f"ALTER TABLE {database}.send_manifest UPDATE name = '' WHERE match(name, {quoted(pattern)})"
    yield f"ALTER TABLE {database}.send_name DELETE WHERE name IN ({', '.join(map(quoted, forms))})"


def where_sent(database: str, salt: str, listed: str, pattern: str, forms: Sequence[str]) -> str:
    """Return which rows of `message_send` are a person's: by number, message, reference of a message, or words of a tag."""
    me = KNOWN_AS.format(salt=quoted(salt), text=KEY)
    references = (
        f"SELECT account, client_ref FROM {database}.message_state WHERE {me} IN ({listed}) AND client_ref != ''"  # noqa: S608 - texts are quoted
    )
    named, found = ", ".join(map(quoted, forms)), quoted(pattern)
    return (
        f"(recipient IN ({named}) OR line IN ({named}) OR {me} IN ({listed}) OR (account, reference) IN ({references}) "
        f"OR match(reference, {found}) OR match(status_text, {found}) OR arrayExists(one -> match(one, {found}), mapValues(tags)))"
    )


def where_compared(database: str, salt: str, listed: str, sent: str) -> str:
    """Return which rows of `reconciliation_difference` are a person's; none that was stripped."""
    me = KNOWN_AS.format(salt=quoted(salt), text=KEY)
    rows = f"SELECT account, manifest, row FROM {database}.message_send WHERE {sent}"  # noqa: S608 - texts are quoted
    return f"({me} IN ({listed}) OR {_AT} IN ({rows})) AND NOT startsWith(message_id, '{KNOWN_AS_PREFIX}')"


def _of_some(database: str, salt: str, listed: str, sent: str) -> Iterator[str]:
    me = KNOWN_AS.format(salt=quoted(salt), text=KEY)
    called = f"if(message_id = '', {KNOWN_AS.format(salt=quoted(salt), text=_PLACE)}, {me})"
    other = KNOWN_AS.format(salt=quoted(salt), text="concat(account, '/', one)")
    compared = where_compared(database, salt, listed, sent)
    yield (
        f"ALTER TABLE {database}.reconciliation_difference UPDATE candidate_ids = "
        f"arrayMap(one -> if({other} IN ({listed}), {other}, one), candidate_ids) "
        f"WHERE arrayExists(one -> {other} IN ({listed}), candidate_ids)"
    )
    subject = KNOWN_AS.format(salt=quoted(salt), text=_SUBJECT)
    copies = {
        "reconciliation_difference": (f"{called} AS message_id, '' AS reference", compared),
        "reconciliation_billed": (f"{me} AS message_id", f"{me} IN ({listed})"),
        "reconciliation_acknowledgement": (f"{subject} AS subject", f"{subject} IN ({listed})"),
    }
    for table, (replaced, where) in copies.items():
        rows = f"(SELECT * FROM {database}.{table} WHERE {where})"  # noqa: S608 - inside, where a name is the column's, not its successor's
        yield f"INSERT INTO {database}.{table} SELECT * REPLACE({replaced}) FROM {rows}"  # noqa: S608 - texts are quoted
        yield f"ALTER TABLE {database}.{table} DELETE WHERE {where}"
    rows = f"SELECT account, manifest, row FROM {database}.message_send WHERE {sent}"  # noqa: S608 - texts are quoted
    yield f"ALTER TABLE {database}.send_name DELETE WHERE {_AT} IN ({rows})"
    yield (
        f"ALTER TABLE {database}.message_send UPDATE message_id = {called}, reference = '', recipient = '', "
        f"recipient_kind = '', line = '', status_text = '', tags = map() WHERE {sent}"
    )
