"""Views say the same whatever a reader's session is set to: settings that analysts and BI tools do set.

Under `readonly = 1` a reader's settings win over a view's own, so that a view has to be right without any.
"""

import time
from collections.abc import Mapping
from typing import Any, Final

import pytest

from projections import rollup
from reconciliation.run.make import Asked, make_run
from reconciliation.run.run_tables import RunTables
from schemas.identity import Identity
from schemas.message_state import HORIZON_MS
from schemas.send import Send, send_key
from schemas.send import encode as encode_send
from schemas.topics import RAW, SENDS
from tests.support.databases import Databases, Project
from tests.support.published_views import call, published_names
from tests.support.world import START_MS, World, connection_event, message_event

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
TABLES: Final = (
    "message_state",
    "message_alias",
    "message_group",
    "message_member",
    "person_link",
    "person",
    "message_event",
    "webhook_set_aside",
    "webhook_raw",
    "connection_state",
    "message_send",
    "send_name",
)

HOSTILE: Final[Mapping[str, Any]] = {
    "join_use_nulls": 1,
    "aggregate_functions_null_for_empty": 1,
    "transform_null_in": 1,
    "union_default_mode": "DISTINCT",
    "session_timezone": "Asia/Tokyo",
    "final": 1,
    "do_not_merge_across_partitions_select_final": 1,
    "group_by_use_nulls": 1,
    "distributed_product_mode": "deny",
    "prefer_column_name_to_alias": 1,
    "compatibility": "24.3",
    "joined_subquery_requires_alias": 1,
    "any_join_distinct_right_table_keys": 1,
    "use_skip_indexes_if_final": 1,
    "join_default_strictness": "ANY",
    "join_algorithm": "full_sorting_merge",
    "data_type_default_nullable": 1,
}
ALONE: Final[tuple[Mapping[str, Any], ...]] = (
    {"join_default_strictness": ""},
    {"join_algorithm": "partial_merge"},
    {"join_algorithm": "prefer_partial_merge"},
)
"""Other values of some of them."""
VOLATILE: Final = {"age_s", "refreshed_at", "seconds_ago"}
"""Columns that differ between two moments."""


def troubled_world() -> World:
    """Return a world of everything that views have to cope with: links, conflicts, repeats, late events, a lone batch."""
    world = World(start_ms=START_MS - HORIZON_MS - 2 * DAY_MS)
    world.post(message_event("m-old", "queued", world.start_ms, connection_id="c-1"))
    world.wait(HORIZON_MS + DAY_MS)
    late = world.start_ms + HORIZON_MS + DAY_MS
    world.post(message_event("m-old", "delivered", late, connection_id="c-1"))
    world.post(message_event("track-1", "queued", late + 1))
    world.post(message_event("wamid-1", "created", late + 2, aliases=("track-1",), client_ref="order-1", campaign="c"))
    world.post(message_event("wamid-1", "read", late + 3))
    world.post(message_event("m-2", "error", late + 4, source="wpp-2", connection_id="c-2"))
    world.post(message_event("m-2", "delivered", late + 9, connection_id="c-2"))
    named = (Identity("phone", "5511987654321"), Identity("lid", "77001"))
    world.post(message_event("m-3", "number_not_found", late + 4, recipient="5511987654321", identities=named))
    world.post(
        message_event("m-6", "read", late + 4, recipient="77001", identities=(named[1], Identity("bsuid", "BR.1")))
    )
    world.post(message_event("m-4", "created", late + 4, connection_id="c-1"))
    world.post(message_event("m-5", "created", late + 4, connection_id="never-seen", recipient=""))
    world.post(message_event("m-5", "created", late + 4, connection_id="never-seen", recipient=""))
    world.post(message_event("g-1", "delivered", late + 4, recipient="1203@g.us", recipient_kind="group"))
    world.post(connection_event("c-1", "connected", late - HOUR_MS))
    world.post(connection_event("c-1", "logout", late + HOUR_MS, reason="replaced"), delay_ms=HOUR_MS)
    world.post(message_event("m-2", "queued", late + 1, connection_id="c-2"), delay_ms=HOUR_MS)
    world.append(RAW, b"request", b"a whole batch", late + HOUR_MS, ())
    for manifest in ("compared", "never-compared"):
        for row, (message_id, tags) in enumerate(
            (("wamid-1", {"order": "order-1"}), ("m-2", {}), ("m-unheard", {})), 1
        ):
            send = Send(
                account="acme",
                manifest=manifest,
                row=row,
                role="sender",
                version=late,
                message_id=message_id,
                tags=tags,
            )
            world.append(SENDS, send_key(send), encode_send(send), late)
    return world


def told(databases: Databases, view: str, settings: Mapping[str, Any], called: str = "") -> list[str]:
    """Return a view's rows in no order, without what differs from moment to moment; `called` with other arguments."""
    text = f"SELECT * FROM {databases.views}.{called or call(view)}"
    result = databases.client.query(text, settings=dict(settings))
    kept = [n for n, name in enumerate(result.column_names) if name not in VOLATILE]
    return sorted(repr([_plain(row[n]) for n in kept]) for row in result.result_rows)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


@pytest.fixture
async def troubled(databases: Databases, project: Project) -> Databases:
    """Databases with all of it, record by record, so that every merge is still to be done."""
    world = troubled_world()
    for table in TABLES:
        databases.client.command(f"SYSTEM STOP MERGES {databases.store}.{table}")
    for topic, records in world.records.items():
        for record in records:
            await project({topic: [record]})
    rollup.refresh(databases.client, databases.store)
    asked = Asked(account="acme", manifests=("compared",), name="a run", by="test", time_zone="UTC")
    make_run(RunTables(databases.client, databases.store), databases.views, asked, time.time_ns() // 1_000_000)
    return databases


@pytest.mark.timeout(400)
async def test_every_view_says_the_same_under_any_settings(troubled: Databases) -> None:
    """Each view under all hostile settings, a quarter of them alone, and each `readonly`, before merges and after: equal rows."""
    _ask_all(troubled, share=4)


@pytest.mark.long_fault
@pytest.mark.timeout(1_800)
async def test_every_view_says_the_same_under_each_setting(troubled: Databases) -> None:
    """Each view, each hostile setting alone."""
    _ask_all(troubled, share=1)


def _ask_all(troubled: Databases, share: int) -> None:
    """Ask every view under every set of settings; of those alone one in `share`, each view others."""
    alone = [{name: value} for name, value in HOSTILE.items()] + list(ALONE)
    wrong: list[str] = []
    expected: dict[str, list[str]] = {}
    for merged in (False, True):
        if merged:
            for table in TABLES:
                troubled.client.command(f"SYSTEM START MERGES {troubled.store}.{table}")
            troubled.merge(*TABLES)
        for number, view in enumerate(published_names()):
            said = told(troubled, view, {})
            if expected.setdefault(view, said) != said:
                wrong.append(f"{view}: merged, it says something else")
            for settings in () if merged else alone[number % share :: share]:
                wrong += _differences(troubled, view, expected[view], settings)
            wrong += _differences(troubled, view, expected[view], dict(HOSTILE))
            for readonly in (1, 2):
                wrong += _differences(troubled, view, expected[view], {"readonly": readonly, "join_use_nulls": 1})
    assert not wrong, "\n".join(wrong)
    silent = [view for view, rows in expected.items() if not rows]
    assert set(silent) <= {"fold_differences", "links_missing"}, "views without a row are not tested"


def _differences(databases: Databases, view: str, expected: list[str], settings: Mapping[str, Any]) -> list[str]:
    named = ", ".join(f"{name} = {value}" for name, value in settings.items())
    try:
        found = told(databases, view, settings)
    except Exception as error:  # noqa: BLE001 - whatever the engine says, of every view and setting
        return [f"{view} under {named[:120]}: {str(error)[:300]}"]
    return (
        [] if found == expected else [f"{view} under {named[:120]}: {len(found)} rows, differing from {len(expected)}"]
    )
