"""Which kinds of ClickHouse are refused, and in which words."""

from typing import Any

import pytest

from operations.clickhouse_topology import inserted, judged
from projections.clickhouse.found_topology import FoundTopology, refusals
from projections.settings import from_environ
from runtime.clickhouse.topology import PLAIN, Topology
from runtime.environ import environ_of
from schemas.errors import ConfigurationError
from tests.support.topologies import TOPOLOGIES

CLUSTER: dict[str, Any] = {
    "clusters": {"production": (1, 3)},
    "macros": frozenset({"shard", "replica"}),
}
REPLICATED = Topology("replicated", "production", replicas=3, accepts_unproven=True)


@pytest.mark.parametrize("name", [name for name in TOPOLOGIES if name != "plain"])
def test_what_has_never_run_is_refused_by_name(name: str) -> None:
    """Every topology but one server starts only where somebody says that he knows."""
    (first, *_) = refusals(FoundTopology(), TOPOLOGIES[name])
    assert f"RECIBO_CLICKHOUSE_TOPOLOGY={TOPOLOGIES[name].kind}) is not known to work" in first
    assert "RECIBO_CLICKHOUSE_ACCEPTS_UNPROVEN=true" in first


@pytest.mark.parametrize(
    ("found", "said", "why"),
    [
        (FoundTopology(is_cloud=True), PLAIN, "set RECIBO_CLICKHOUSE_TOPOLOGY=cloud"),
        (FoundTopology(), Topology("cloud", accepts_unproven=True), "not ClickHouse Cloud"),
        (FoundTopology(servers=2), PLAIN, "2 servers answer at one address"),
        (FoundTopology(database_engine="Replicated"), PLAIN, "TOPOLOGY=replicated_database"),
        (FoundTopology(table_engines=frozenset({"ReplicatedReplacingMergeTree"})), PLAIN, "TOPOLOGY=replicated"),
        (FoundTopology(macros=frozenset({"shard", "replica"})), REPLICATED, "production is not in system.clusters"),
        (FoundTopology(clusters={"production": (2, 3)}), REPLICATED, "set RECIBO_CLICKHOUSE_SHARDED=true"),
        (FoundTopology(clusters={"production": (1, 2)}), REPLICATED, "set RECIBO_CLICKHOUSE_REPLICAS=2"),
        (FoundTopology(clusters={"production": (1, 3)}), REPLICATED, "no macro shard and no macro replica"),
        (FoundTopology(**CLUSTER, table_engines=frozenset({"MergeTree"})), REPLICATED, "not Replicated (MergeTree)"),
    ],
)
def test_what_was_found_is_named(found: FoundTopology, said: Topology, why: str) -> None:
    """Where engine and settings differ, the sentence says what was found and which variable to set; doctor fails."""
    assert any(why in reason for reason in refusals(found, said))
    assert any(finding.level == "fail" and why in finding.text for finding in judged(found, said))


def test_what_is_as_said_passes() -> None:
    """One server is known to work; what was accepted as unproven is a warning, with what was found."""
    assert [f.level for f in judged(FoundTopology(), PLAIN)] == ["ok"]
    (warning,) = judged(FoundTopology(**CLUSTER), REPLICATED)
    assert (warning.level, "cluster production (1 shards, 3 replicas)" in warning.text) == ("warn", True)


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({"TOPOLOGY": "replicated"}, "RECIBO_CLICKHOUSE_CLUSTER"),
        ({"CLUSTER": "c"}, "RECIBO_CLICKHOUSE_TOPOLOGY=plain ignores them"),
        ({"TOPOLOGY": "cloud", "SHARDED": "true"}, "RECIBO_CLICKHOUSE_SHARDED needs"),
        ({"TOPOLOGY": "sharded"}, "one of plain, replicated, replicated_database, cloud"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(environ: dict[str, str], why: str) -> None:
    """A cluster that nothing would use, or is missing, is named by its variable."""
    with pytest.raises(ConfigurationError, match=why):
        from_environ({f"RECIBO_CLICKHOUSE_{name}": value for name, value in environ.items()})


@pytest.mark.parametrize(
    ("environ", "age_ms"),
    [
        ({}, 200),
        ({"CLICKHOUSE_URL": "https://ch.example:8443"}, 1_000),
        ({"RECIBO_CLICKHOUSE_TOPOLOGY": "replicated", "RECIBO_CLICKHOUSE_CLUSTER": "c"}, 1_000),
        ({"RECIBO_CLICKHOUSE_TOPOLOGY": "cloud"}, 5_000),
        ({"RECIBO_CLICKHOUSE_TOPOLOGY": "cloud", "RECIBO_PROJECTIONS_BATCH_AGE_MS_MAX": "700"}, 700),
    ],
)
def test_rows_are_gathered_for_as_long_as_the_engine_wants(environ: dict[str, str], age_ms: int) -> None:
    """An engine on this machine waits 200 ms, a server a second, Cloud five, unless a setting says otherwise."""
    assert from_environ(environ).batch_age_ms == age_ms


def test_what_was_stored_is_seen_by_whoever_writes() -> None:
    """A majority of replicas stores a row, one insert after another, and reads see it; shards store before they answer."""
    settings = {name: topology.writer_settings for name, topology in TOPOLOGIES.items()}
    quorum = {"insert_quorum": 2, "insert_quorum_parallel": 0, "select_sequential_consistency": 1}
    assert settings["plain"] == {}
    assert settings["replicated"] == settings["replicated_database"] == quorum
    assert settings["cloud"] == {"select_sequential_consistency": 1}
    assert settings["sharded"] == quorum | {"distributed_foreground_insert": 1, "distributed_product_mode": "global"}


def test_child_processes_read_the_same_topology() -> None:
    """The environment made of settings says all of it, in as many variables."""
    environ = {
        "RECIBO_CLICKHOUSE_TOPOLOGY": "replicated",
        "RECIBO_CLICKHOUSE_CLUSTER": "c",
        "CLICKHOUSE_URL": "http://ch:1",
    }
    engine = from_environ(environ).clickhouse
    assert from_environ(environ_of(engine)).clickhouse == engine


def test_doctor_says_how_often_is_inserted() -> None:
    """Inserts a minute and rows an insert; on a server more than one a second is too many."""
    assert inserted("webhook_raw", 25, 5_000, 1_000).text == "webhook_raw: 5 inserts a minute, 200 rows an insert"
    assert [inserted("webhook_raw", 1_000, 1_000, age_ms).level for age_ms in (200, 1_000)] == ["ok", "warn"]
