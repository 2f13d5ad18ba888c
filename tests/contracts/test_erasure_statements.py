"""What forgetting sends to the engine, on the engine in this process: counts stay, and cut off anywhere it ends the same."""

from collections.abc import Callable, Iterator
from typing import Final

import pytest
from chdb.state.sqlitelike import Connection

from operations.forget.names import Names
from projections.clickhouse.erasure import (
    noting_records,
    of_messages,
    of_names,
    of_person,
    of_records,
    of_requests,
)
from projections.clickhouse.migrate import read_migrations
from projections.clickhouse.send_erasure import of_sends
from projections.clickhouse.sought import COLUMNS, emptied, noted, rows
from projections.literals import quoted
from schemas.erasure import known_as
from schemas.identity import Identity

SALT: Final = "salt"
WHO: Final = "whom it is about"
ANA: Final = Names((Identity("lid", "99000111"), Identity("phone", "+5511987654321")))
M1, M2 = (known_as(SALT, f"a/{id_}".encode()) for id_ in ("m1", "m2"))
ONLY: Final = known_as(SALT, b"a/only-5511987654321")
CUT_EVERY: Final = 25
TABLES: Final = (
    *("message_state", "message_member", "message_alias", "state_alias", "message_group", "message_name", "alias_hash"),
    *("message_event", "webhook_raw", "webhook_set_aside", "person", "person_link", "erased_record"),
    *("message_send", "send_name"),
    *("reconciliation_difference", "reconciliation_billed", "reconciliation_acknowledgement"),
)
Query = Callable[[str], str]


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Query]:
    """The engine, in this process."""
    with Connection(str(tmp_path_factory.mktemp("engine"))) as handle:
        yield lambda text: handle.query(text, "TSV").bytes().decode()


def filled(query: Query, database: str) -> None:
    """Make the tables, with one message under two ids, somebody else's, an answer and a group's member."""
    query(f"CREATE DATABASE {database}")
    for migration in read_migrations():
        for statement in migration.statements(database):
            query(statement)
    for id_, who in (("m1", "5511987654321"), ("m2", "5511987654321"), ("m9", "5511912345678")):
        query(
            f"INSERT INTO {database}.message_state (anchor_day, account, message_id, anchor_at, client_ref, ranked_recipient, "
            f"seen, failure) VALUES (today(), 'a', '{id_}', today(), 'ref-{id_}', (5, '{who}', 'phone'), 3, (-3, 'c', '1', 'to {who}'))"
        )
        query(
            f"INSERT INTO {database}.message_alias (account, id, message_id, anchor_day) VALUES ('a', '{id_}', '{id_}', today())"
        )
        query(f"INSERT INTO {database}.message_name VALUES ('{who}', 'recipient', 'a', '{id_}', today())")
        place = f"today(), 0, {id_[1:]}"
        query(
            f"INSERT INTO {database}.message_event (at, log_partition, log_offset, account, message_id, event_id, recipient) "
            f"VALUES ({place}, 'a', '{id_}', 'e-{id_}', '{who}')"
        )
        query(
            f"INSERT INTO {database}.webhook_raw (at, log_partition, log_offset, account, key, request_id, payload) "
            f"VALUES ({place}, 'a', 'a/{id_}', 'r{id_}', 'to {who}')"
        )
    for id_ in ("m1", "m2"):
        query(
            f"INSERT INTO {database}.message_alias (account, id, message_id, anchor_day) VALUES ('a', 't', '{id_}', today())"
        )
        query(
            f"INSERT INTO {database}.state_alias (account, message_id, anchor_day, id) VALUES ('a', '{id_}', today(), 't')"
        )
        query(f"INSERT INTO {database}.message_group VALUES (today(), 'a', '{id_}', (0, today(), 'm1'))")
        query(
            f"INSERT INTO {database}.message_member SELECT * FROM {database}.message_state WHERE message_id = '{id_}'"
        )
    query(
        f"INSERT INTO {database}.webhook_raw (at, log_partition, log_offset, account, key, request_id, payload) VALUES "
        "(today(), 1, 1, 'a', 'r-in', 'r-in', 'from +55 (11) 98765-4321: oi')"
    )
    with_sends(query, database)
    pairs = "('a', 'phone', '+5511987654321', 'lid', '99000111', today()), ('a', 'lid', '99000111', 'phone', '+5511987654321', today())"
    query(f"INSERT INTO {database}.person_link (account, kind, value, other_kind, other_value, month) VALUES {pairs}")
    for row in rows(WHO, ANA.identities, ANA.pattern, ANA.forms):
        query(f"INSERT INTO {database}.forgetting ({', '.join(COLUMNS)}) VALUES ({', '.join(map(quoted, row))})")


def with_sends(query: Query, database: str) -> None:
    """Add a manifest that names messages by id, by reference, by number alone, in a tag, an id and a reference; and what a run kept."""
    given = {
        1: ("m1", "", ""),
        2: ("", "ref-m2", ""),
        3: ("", "", "5511987654321"),
        4: ("m9", "", ""),
        5: ("m9", "", ""),
        6: ("only-5511987654321", "", ""),
        7: ("m9", "call-11-98765-4321", ""),
        8: ("mine-5511987654321", "", "5511987654321"),
    }
    for row, (id_, reference, number) in given.items():
        line, tags = (f"+{number}" if number else "", "{'who': 'of 5511987654321'}" if row == 5 else "{}")
        columns = "account, manifest, row, version, message_id, reference, recipient, line, tags"
        values = f"('a', 'f', {row}, today(), '{id_}', '{reference}', '{number}', '{line}', {tags.replace('{', 'map(').replace('}', ')').replace(':', ',')})"
        query(
            f"INSERT INTO {database}.message_send ({columns}) SELECT * FROM VALUES('a String, b String, c UInt64, d DateTime, e String, f String, g String, h String, i Map(String, String)', {values})"
        )
        for found_by, name in (("message_id", id_), ("reference", reference), ("recipient", number)):
            if name:
                query(f"INSERT INTO {database}.send_name VALUES ('{name}', '{found_by}', 'a', 'f', {row}, today())")
        query(
            f"INSERT INTO {database}.reconciliation_difference (account, run, made_at, class, manifest, row, message_id, reference, "
            f"candidate_ids) VALUES ('a', 'r', today(), 'matched', 'f', {row}, '{id_}', '{reference}', ['m2', 'only-5511987654321', 'm9'])"
        )
    query(f"INSERT INTO {database}.message_name VALUES ('ref-m2', 'reference', 'a', 'm2', today())")
    query(
        f"INSERT INTO {database}.reconciliation_billed VALUES ('a', 'r', 1, 'm1', today()), ('a', 'r', 1, 'm9', today()), "
        "('a', 'r', 1, 'only-5511987654321', today())"
    )
    for subject in ("m1", "ref-m2", "m9", "only-5511987654321", "call-11-98765-4321"):
        query(
            f"INSERT INTO {database}.reconciliation_acknowledgement (account, class, subject, at, reason) "
            f"VALUES ('a', 'matched', '{subject}', today(), 'asked 5511987654321')"
        )


def statements(database: str) -> list[str]:
    """Return all that is sent for one person."""
    sought = noted(database, WHO)
    return [
        *noting_records(database, ["rm1", "rm2"], sought),
        *of_requests(database, ["rm1", "rm2"]),
        *of_sends(database, SALT, [M1, M2], sought),
        *of_messages(database, SALT, [M1, M2]),
        *of_records(database, database),
        *of_person(database, sought),
    ]


def carried_out(query: Query, those: list[str]) -> None:
    """Run statements, each to its end."""
    for text in those:
        is_mutation = text.startswith("ALTER")
        query(text + (" SETTINGS mutations_sync = 2, allow_nondeterministic_mutations = 1" if is_mutation else ""))


def contents(query: Query, database: str) -> dict[str, str]:
    """Return every row of every table that says something of people."""
    return {table: query(f"SELECT * FROM {database}.{table} FINAL ORDER BY ALL") for table in TABLES}


def test_a_person_goes_and_every_row_that_counts_stays(query: Query) -> None:
    """Nothing of the person is left; there are as many states, events, records and groups as before; others are as they were."""
    filled(query, "whole")
    counted = [*("message_state", "message_member", "message_event", "webhook_raw", "message_group", "message_alias")]
    counted += ["message_send", "reconciliation_difference", "reconciliation_billed", "reconciliation_acknowledgement"]
    before = {table: contents(query, "whole")[table].count("\n") for table in counted}
    carried_out(query, statements("whole"))
    left = contents(query, "whole")
    assert not [
        t
        for t, text in left.items()
        for trace in ("98765", "99000111", "ref-m1", "ref-m2", "\tm1\t", "'m2'", "\tm2\t")
        if trace in text
    ]
    assert {table: left[table].count("\n") for table in counted} == before
    assert left["message_group"].count(M1) == 3, "the two ids are one message still"
    assert left["message_send"].count(M1) == 1
    assert left["message_send"].count("\tm9\t") == 3, "who is only named in a tag or a reference is not the row's"
    differences = left["reconciliation_difference"]
    assert differences.count(f"['{M2}','{ONLY}','m9']") == len(differences.splitlines())
    for table in ("message_send", "reconciliation_billed", "reconciliation_acknowledgement"):
        assert left[table].count(ONLY) == 1, "an id that has the number in it is called the same everywhere"
    assert left["send_name"].count("\n") == 3
    assert "5511912345678" in left["message_event"]
    assert "to 5511912345678" in left["webhook_raw"]


def test_cut_off_anywhere_and_run_again_it_ends_the_same(query: Query) -> None:
    """However many of the statements were carried out, all of them once more lead to the same rows."""
    filled(query, "uncut")
    everything = statements("uncut")
    carried_out(query, everything)
    expected = contents(query, "uncut")
    for cut in range(1, len(everything) + 1, CUT_EVERY):
        database = f"cut_{cut}"
        filled(query, database)
        carried_out(query, statements(database)[:cut])
        carried_out(query, statements(database))
        assert contents(query, database) == expected, everything[cut - 1]


def test_links_of_forgotten_people_go_by_name(query: Query) -> None:
    """What a rebuild linked again of people who are known by hashes alone goes by their names."""
    filled(query, "names")
    carried_out(query, list(of_names("names", noted("names", WHO))))
    assert query("SELECT count() FROM names.person_link") == "0\n"


def test_what_is_kept_of_a_rewrite_names_nobody(query: Query) -> None:
    """No text of a rewrite that the engine keeps has a form of the number, or another name of the person, in it."""
    filled(query, "kept")
    text = "SELECT command FROM system.mutations WHERE database = 'kept'"
    before = query(text).splitlines()
    carried_out(query, statements("kept"))
    texts = query(text).splitlines()
    assert len(texts) - len(before) == sum(one.startswith("ALTER") for one in statements("kept"))
    traces = ("8765", "ref-m1", *ANA.forms, *(name.value for name in ANA.identities))
    assert not [one for one in texts for trace in traces if trace in one]


def test_a_rewrite_that_outlives_its_forgetting_changes_nothing(query: Query) -> None:
    """Once the person is taken out of the table, what reads the names there finds nobody, and ends."""
    filled(query, "outlived")
    query(emptied("outlived", WHO))
    query(emptied("outlived", WHO))
    assert query("SELECT count() FROM outlived.forgetting") == "0\n"
    before = contents(query, "outlived")
    carried_out(query, list(of_person("outlived", noted("outlived", WHO))))
    carried_out(query, [text for text in of_sends("outlived", SALT, [], noted("outlived", WHO)) if "ALTER" in text])
    assert contents(query, "outlived") == before
