"""What forgetting does to sends and to what reconciliations kept of them: statements, as those of `erasure.py`. Pure.

A row of a manifest stays, without what is personal and under what its message is called from then on, so that every manifest
has the rows it had and a run is told again with the classes it gave. To be carried out before `erasure.of_messages`, which
takes away the names that lead from references to messages.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from projections.clickhouse.sought import Sought
from projections.literals import quoted
from schemas.erasure import KNOWN_AS_PATTERN, KNOWN_AS_SQL

AT_ONCE: Final = 500
"""Messages of one statement: their hashes stand in it several times."""
_FORGOTTEN: Final = f"match(message_id, '{KNOWN_AS_PATTERN}')"
_ME: Final = "concat(account, '/', message_id)"
_NAME: Final = "concat(account, '/', name)"
_SUBJECT: Final = "concat(account, '/', subject)"
_ITSELF: Final = "concat(account, '/', if(message_id = '', concat(manifest, '/', toString(row)), message_id))"
"""What a send is hashed by: one that names no message is a message of its own."""


class SendsOf:
    """Which rows are a person's, and of some of their messages."""

    def __init__(self, database: str, salt: str, called: Sequence[str], sought: Sought) -> None:
        """Say whose.

        Args:
            database: of the tables.
            salt: of the hashes.
            called: what the messages are called from then on.
            sought: the person.
        """
        self.database = database
        self._salt = quoted(salt)
        listed = ", ".join(map(quoted, called)) or "''"
        people, found = sought.forms, sought.pattern
        named = f"SELECT account, name FROM {database}.message_name WHERE found_by = 'reference' AND {self.known(_ME)} IN ({listed})"  # noqa: S608
        self.referred = f"(account, {{}}) IN ({named})"
        self.of_message = f"{self.known(_ME)} IN ({listed})"
        self.in_list = f"IN ({listed})"
        self.in_id = f"match(message_id, {found})"
        self.found = found
        self.in_billed = f"{self.of_message} OR {self.in_id}"
        self.in_sends = (
            f"recipient IN {people} OR line IN {people} OR (message_id != '' AND {self.of_message}) "
            f"OR (reference != '' AND {self.referred.format('reference')})"
        )
        self.in_texts = f"{self.in_id} OR match(reference, {found}) OR match(status_text, {found}) OR match(toString(tags), {found})"
        rows = f"SELECT account, manifest, row FROM {database}.message_send WHERE {self.in_sends}"  # noqa: S608
        # of a row that was corrected, names of its other versions are of other people
        latest = f"SELECT account, manifest, row FROM {database}.message_send FINAL WHERE {self.in_sends}"  # noqa: S608
        self.in_names = (
            f"(account, manifest, row) IN ({latest}) OR name IN {people} OR match(name, {found}) "
            f"OR (found_by = 'message_id' AND {self.known(_NAME)} IN ({listed})) "
            f"OR (found_by = 'reference' AND {self.referred.format('name')})"
        )
        self.in_differences = f"{self.in_billed} OR (row != 0 AND (account, manifest, row) IN ({rows}))"
        self.in_acknowledgements = (
            f"{self.known(_SUBJECT)} IN ({listed}) OR {self.referred.format('subject')} OR match(subject, {found})"
        )

    def known(self, text: str) -> str:
        """Return SQL of what a message is called, from SQL of its key."""
        return KNOWN_AS_SQL.format(salt=self._salt, text=text)


def of_sends(database: str, salt: str, known: Sequence[str], sought: Sought) -> Iterator[str]:
    """Yield what strips sends of a person, and what runs kept of their messages; the arguments are those of `SendsOf`."""
    for start in range(0, max(1, len(known)), AT_ONCE):
        theirs = SendsOf(database, salt, known[start : start + AT_ONCE], sought)
        yield from _of_runs(theirs)
        yield from _of_rows(theirs)
    yield from _of_words(theirs)  # last: the person's own rows are told by their ids and references


def _of_runs(theirs: SendsOf) -> Iterator[str]:
    database, me = theirs.database, theirs.known(_ME)
    difference, billed = f"{database}.reconciliation_difference", f"{database}.reconciliation_billed"
    acknowledged = f"{database}.reconciliation_acknowledgement"
    finished = f"SELECT run FROM {database}.reconciliation_run"  # noqa: S608 - a name of ours
    yield f"ALTER TABLE {database}.reconciliation_candidate DELETE WHERE run IN ({finished})"
    one = theirs.known("concat(account, '/', id)")
    is_theirs = f"({one} {theirs.in_list} OR match(id, {theirs.found}))"
    yield (
        f"ALTER TABLE {difference} UPDATE candidate_ids = arrayMap(id -> if({is_theirs}, {one}, id), candidate_ids) "
        f"WHERE arrayExists(id -> {is_theirs}, candidate_ids)"
    )
    yield (
        f"ALTER TABLE {difference} UPDATE reference = '' WHERE {theirs.in_differences} OR match(reference, {theirs.found})"
    )
    named = f"message_id != '' AND NOT {_FORGOTTEN} AND ({theirs.in_differences})"
    for table, where in ((difference, named), (billed, theirs.in_billed)):
        rows = f"(SELECT * FROM {table} WHERE {where})"  # noqa: S608 - texts are quoted
        yield f"INSERT INTO {table} SELECT * REPLACE({me} AS message_id) FROM {rows}"  # noqa: S608
        yield f"ALTER TABLE {table} DELETE WHERE {where}"
    rows = f"(SELECT * FROM {acknowledged} WHERE {theirs.in_acknowledgements})"  # noqa: S608
    yield f"INSERT INTO {acknowledged} SELECT * REPLACE({theirs.known(_SUBJECT)} AS subject) FROM {rows}"  # noqa: S608
    yield f"ALTER TABLE {acknowledged} DELETE WHERE {theirs.in_acknowledgements}"


def _of_rows(theirs: SendsOf) -> Iterator[str]:
    database = theirs.database
    yield f"ALTER TABLE {database}.send_name DELETE WHERE {theirs.in_names}"
    yield (
        f"ALTER TABLE {database}.message_send UPDATE message_id = {theirs.known(_ITSELF)}, reference = '', recipient = '', "
        f"recipient_kind = '', line = '', status_text = '', tags = map() WHERE NOT {_FORGOTTEN} AND ({theirs.in_sends})"
    )


def _of_words(theirs: SendsOf) -> Iterator[str]:
    database, found = theirs.database, theirs.found
    yield (
        f"ALTER TABLE {database}.message_send UPDATE message_id = if({theirs.in_id}, {theirs.known(_ME)}, message_id), "
        f"reference = '', status_text = '', tags = map() WHERE {theirs.in_texts}"
    )
    yield f"ALTER TABLE {database}.reconciliation_acknowledgement UPDATE reason = '' WHERE match(reason, {found})"
    yield f"ALTER TABLE {database}.send_manifest UPDATE name = '' WHERE match(name, {found})"
