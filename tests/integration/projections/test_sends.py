"""Sends become rows; a later version of a row takes its place, whatever the order, before and after merges."""

import msgspec
import pytest

from schemas import topics
from schemas.send import Send, encode, send_key
from tests.support.databases import Databases, Project
from tests.support.world import START_MS, World

pytestmark = pytest.mark.usefixtures("unmerged")

COUNTED = "store.message_send FINAL WHERE NOT is_deleted"


def a_send(row: int, version: int = START_MS, **fields: object) -> Send:
    values = {"message_id": f"m-{row}", "reference": f"order-{row}", **fields}
    return msgspec.convert(
        {"account": "acme", "manifest": "key:1", "row": row, "role": "sender", "version": version, **values}, Send
    )


def said(*sends: Send) -> World:
    world = World()
    for one in sends:
        world.append(topics.SENDS, send_key(one), encode(one), START_MS)
    return world


async def test_the_latest_version_of_a_row_counts(databases: Databases, project: Project) -> None:
    """A correction, in whatever order it comes, replaces; a deletion takes the row away; merges change nothing."""
    first, later = a_send(1, campaign="old"), a_send(1, START_MS + 1, campaign="new", tags={"label": "x"})
    await project(said(later, a_send(2), a_send(3)))
    await project(said(first, a_send(2, START_MS + 5, is_deleted=True)))
    expected = [(1, "new", {"label": "x"}), (3, "", {})]
    for _ in range(2):
        assert databases.rows(f"SELECT row, campaign, tags FROM {COUNTED} ORDER BY row") == expected
        databases.merge("message_send")


async def test_every_column_arrives_as_it_was_said(databases: Databases, project: Project) -> None:
    """Times, amounts, quantities and texts are in the table as they are in the record."""
    full = a_send(
        2**63 - 1,
        recipient="551187654321",
        recipient_kind="phone",
        line="+5511987654321",
        connection_id="loja-01",
        template="oferta",
        provider="wpp_marketing",
        sent_at_ms=START_MS - 1,
        status="delivered",
        status_text="Entregue",
        amount_micros=-(2**63) + 1,
        currency="BRL",
        category="marketing",
        country="BR",
        quantity=2**32 - 1,
        period="2026-03",
    )
    await project(said(full))
    columns = ", ".join(name for name in Send.__struct_fields__ if not name.endswith(("_ms", "version")))
    times = "toUnixTimestamp64Milli(version), toUnixTimestamp64Milli(assumeNotNull(sent_at))"
    (row,) = databases.rows(f"SELECT {columns}, {times} FROM {COUNTED}")
    plain = [getattr(full, name) for name in Send.__struct_fields__ if not name.endswith(("_ms", "version"))]
    assert row == (*plain, START_MS, START_MS - 1)


async def test_sends_are_found_by_their_names(databases: Databases, project: Project) -> None:
    """Each id, reference, number and tag leads to the row that has it."""
    await project(said(*(a_send(row, tags={"order_id": f"o-{row}"}) for row in range(1, 2_000))))
    found = "SELECT row FROM store.send_name WHERE name IN ('m-7', 'order-8', 'o-9') ORDER BY row"
    assert databases.rows(found) == [(7,), (8,), (9,)]


async def test_a_record_that_is_no_send_is_set_aside(databases: Databases, project: Project) -> None:
    """What cannot be a row is kept with why; the others are rows."""
    world = said(a_send(1))
    world.append(topics.SENDS, b"acme/key:1/2", b'{"account": "acme", "text": "hello"}', START_MS)
    await project(world)
    assert databases.value(f"SELECT count() FROM {COUNTED}") == 1
    ((topic, why),) = databases.rows("SELECT topic, why FROM store.projection_set_aside")
    assert topic == topics.SENDS
    assert "missing required field" in why


async def test_a_manifest_is_known_by_its_sends(databases: Databases, project: Project) -> None:
    """Who writes to the topic alone has a manifest all the same; what a command says of one takes the place of that."""
    await project(said(a_send(1), a_send(2)))
    listed = "SELECT manifest, role, name, rows FROM store.send_manifest FINAL"
    assert databases.rows(listed) == [("key:1", "sender", "", 0)]
    databases.client.command(
        f"INSERT INTO {databases.store}.send_manifest (account, manifest, role, name, rows, version)"
        " VALUES ('acme', 'key:1', 'sender', 'sends.csv', 2, '2026-03-10 12:00:00')"
    )
    await project(said(a_send(1)))
    assert databases.rows(listed) == [("key:1", "sender", "sends.csv", 2)]
