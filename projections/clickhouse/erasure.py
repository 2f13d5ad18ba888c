"""What forgetting does to tables: statements, written for one server. Pure.

Audit tables keep every row at its coordinate, without what is personal: they count what they counted. Folded tables and those
of ids are sorted by the message: there a copy under the new name is inserted first, then the row is deleted. Every statement
may be run again, and so may the list from its beginning, wherever it was cut off; tables by which people and messages
are found come last. Texts of rewrites are kept by the engine: they name nobody (`sought.py`), and messages by salted hashes.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from projections.clickhouse.sought import Sought
from projections.literals import quoted
from schemas.erasure import KNOWN_AS_SQL

AT_ONCE: Final = 1_000
"""Messages of one statement: their hashes are a part of its text."""
KNOWN_AS: Final = KNOWN_AS_SQL
KEY: Final = "concat(account, '/', message_id)"

_NO_PERSON: Final = (
    "recipient = '', recipient_kind = '', participant = '', client_ref = '', aliases = [], identities = [], line = ''"
)
_NO_WORDS: Final = "error_title = '', error_detail = '', further_errors = []"
_STATE: Final = (
    "{me} AS message_id, CAST(('', ''), 'Tuple(number String, kind String)') AS recipient, "
    "CAST((0, '', ''), 'Tuple(rank UInt8, number String, kind String)') AS ranked_recipient, '' AS client_ref, "
    "CAST([], 'Array(String)') AS aliases, CAST([], 'Array(Tuple(kind String, value String))') AS identities, '' AS line, "
    "CAST((tupleElement(failure, 1), tupleElement(failure, 2), tupleElement(failure, 3), ''), "
    "'Tuple(rank Int8, category String, code String, title String)') AS failure"
)
_COPIES: Final = {
    "message_member": _STATE,
    "message_state": _STATE,
    "message_alias": "{me} AS message_id, {other} AS id",
    "state_alias": "{me} AS message_id, {other} AS id",
    "message_link": "{me} AS message_id, {other} AS id",
    "message_group": "{me} AS message_id, CAST((tupleElement(least, 1), tupleElement(least, 2), {least}), "
    "'Tuple(cuts Int64, anchor_day Date, message_id String)') AS least",
}
"""Table sorted by the message → what of its row is another in the copy."""


def of_messages(database: str, salt: str, known: Sequence[str]) -> Iterator[str]:
    """Yield what strips rows of some messages, named by what they are called from then on."""
    parts = [", ".join(map(quoted, known[start : start + AT_ONCE])) for start in range(0, len(known), AT_ONCE)]
    for same in zip(*(_of_some(database, quoted(salt), listed) for listed in parts), strict=True):
        yield from same


def _of_some(database: str, salt: str, listed: str) -> Iterator[str]:
    me, of_key = KNOWN_AS.format(salt=salt, text=KEY), KNOWN_AS.format(salt=salt, text="key")
    mine, keyed = f"{me} IN ({listed})", f"{of_key} IN ({listed})"
    event = KNOWN_AS.format(salt=salt, text="event_id")
    key = f"key = concat(account, '/', {of_key})"
    yield (
        f"ALTER TABLE {database}.message_event UPDATE message_id = {me}, event_id = {event}, provider_event_id = '', "
        f"{_NO_PERSON}, {_NO_WORDS} WHERE {mine}"
    )
    yield f"ALTER TABLE {database}.webhook_set_aside UPDATE {key}, event_id = {event}, why = '' WHERE {keyed}"
    yield f"ALTER TABLE {database}.webhook_raw UPDATE {key}, payload = '', relay = '' WHERE {keyed}"
    yield f"ALTER TABLE {database}.projection_set_aside DELETE WHERE {keyed}"
    yield (
        f"INSERT INTO {database}.member_hash (state_hash, anchor_day) "  # noqa: S608
        f"SELECT DISTINCT halfMD5(concat(account, '/', {me})), anchor_day FROM {database}.message_group WHERE {mine}"
    )
    for table, changed in _COPIES.items():
        texts = {
            "other": KNOWN_AS.format(salt=salt, text="concat(account, '/', id)"),
            "least": KNOWN_AS.format(salt=salt, text="concat(account, '/', tupleElement(least, 3))"),
        }
        replaced = changed.format(me=me, **texts)
        rows = f"(SELECT * FROM {database}.{table} WHERE {mine})"  # noqa: S608 - inside, where a name is the column's, not its successor's
        yield f"INSERT INTO {database}.{table} SELECT * REPLACE({replaced}) FROM {rows}"  # noqa: S608 - texts are quoted
    yield (
        f"INSERT INTO {database}.alias_hash SELECT DISTINCT halfMD5(concat(account, '/', id)), halfMD5({KEY}), anchor_day "  # noqa: S608
        f"FROM {database}.message_alias WHERE message_id IN ({listed})"
    )
    for table in (*reversed(_COPIES), "message_name"):
        yield f"ALTER TABLE {database}.{table} DELETE WHERE {mine}"


def of_person(database: str, sought: Sought) -> Iterator[str]:
    """Yield what takes a person's names out of rows that are of no message to them: bodies, groups' members, who is whom."""
    found = sought.pattern
    yield (
        f"ALTER TABLE {database}.webhook_raw UPDATE payload = '', relay = '', key = if(match(key, {found}), '', key) "
        f"WHERE match(payload, {found}) OR match(relay, {found}) OR match(key, {found})"
    )
    yield (
        f"ALTER TABLE {database}.webhook_set_aside UPDATE why = if(match(why, {found}), '', why), "
        f"key = if(match(key, {found}), '', key) WHERE match(why, {found}) OR match(key, {found})"
    )
    yield f"ALTER TABLE {database}.projection_set_aside DELETE WHERE match(value, {found}) OR match(key, {found})"
    yield f"ALTER TABLE {database}.message_event UPDATE participant = '' WHERE participant IN {sought.forms}"
    yield from of_names(database, sought)


def of_names(database: str, sought: Sought) -> Iterator[str]:
    """Yield what takes out which names are one person's: `person` last, by which the others are found."""
    mine, others = f"(kind, value) IN {sought.names}", f"(other_kind, other_value) IN {sought.names}"
    yield f"ALTER TABLE {database}.person_cut DELETE WHERE {mine}"
    yield f"ALTER TABLE {database}.person_link DELETE WHERE {mine} OR {others}"
    yield f"ALTER TABLE {database}.person DELETE WHERE {mine}"


def of_requests(database: str, request_ids: Sequence[str]) -> Iterator[str]:
    """Yield what strips whole bodies of several events, and where requests came from."""
    for start in range(0, len(request_ids), AT_ONCE):
        listed = ", ".join(map(quoted, request_ids[start : start + AT_ONCE]))
        where = f"request_id IN ({listed})"
        yield f"ALTER TABLE {database}.webhook_raw UPDATE payload = '', relay = '' WHERE kind = 'batch' AND {where}"
        yield f"ALTER TABLE {database}.webhook_request UPDATE remote_address = '' WHERE {where}"


def noting_records(database: str, request_ids: Sequence[str], sought: Sought) -> Iterator[str]:
    """Yield what notes where a person is named without being a message's recipient: the places alone, and nobody's name."""
    columns = "at, log_partition, log_offset"
    into = f"INSERT INTO {database}.erased_record ({columns}) SELECT DISTINCT {columns} FROM {database}"  # noqa: S608
    yield f"{into}.webhook_raw WHERE match(payload, {sought.pattern}) OR match(relay, {sought.pattern})"
    yield f"{into}.message_event WHERE participant IN {sought.forms}"
    for start in range(0, len(request_ids), AT_ONCE):
        some = ", ".join(map(quoted, request_ids[start : start + AT_ONCE]))
        yield f"{into}.webhook_raw WHERE kind = 'batch' AND request_id IN ({some})"


def of_records(database: str, store: str) -> Iterator[str]:
    """Yield what strips records that were noted in `store` from the tables of `database`."""
    where = f"(at, log_partition, log_offset) IN (SELECT at, log_partition, log_offset FROM {store}.erased_record)"  # noqa: S608
    yield f"ALTER TABLE {database}.webhook_raw UPDATE payload = '', relay = '' WHERE {where}"
    yield f"ALTER TABLE {database}.message_event UPDATE participant = '' WHERE {where}"
