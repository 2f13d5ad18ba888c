"""What is sent to each kind of ClickHouse: written down in golden files, and parsed by the engine's own parser."""

import difflib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from chdb.state.sqlitelike import Connection

from projections.clickhouse.sharding import SHARDED_BY
from runtime.programs import CHECKOUT
from tests.support.topologies import TOPOLOGIES, rendered_for

GOLDEN: Final = Path(__file__).parent / "golden" / "ddl"
_CLUSTER: Final = """<clickhouse><remote_servers><production><shard><replica>
<host>127.0.0.1</host><port>9</port></replica></shard></production></remote_servers></clickhouse>"""
"""Read by chDB from its working directory: the cluster has a name, and no server."""
_DDL: Final = re.compile(r"""command\(\s*f?["'](CREATE|ALTER|DROP|TRUNCATE|GRANT|RENAME|EXCHANGE|OPTIMIZE)\b""")


@pytest.fixture(scope="module")
def parser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """The engine, in this process."""
    with Connection(str(tmp_path_factory.mktemp("parser"))) as handle:
        yield handle


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_statements_are_those_written_down(name: str) -> None:
    """What a release sends about databases, tables and roles changes only together with its golden file, where it is read."""
    path = GOLDEN / f"{name}.sql"
    text = "".join(f"{' '.join(statement.split())};\n" for statement in rendered_for(name)[0])
    if os.environ.get("RECIBO_PUBLISH_DDL"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    written = path.read_text(encoding="utf-8")
    told = "\n".join(
        line[:300] for line in difflib.unified_diff(written.splitlines(), text.splitlines(), n=0, lineterm="")
    )
    assert text == written, f"RECIBO_PUBLISH_DDL=1 pytest of this file writes it; look at what changed:\n{told}"


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_the_engines_parser_takes_every_statement(name: str, parser: Connection) -> None:
    """Each statement about tables, roles and views is one that the engine can parse, of every topology."""
    tables, views = rendered_for(name)
    assert len(tables) > 40
    assert len(views) > 80
    for statement in (*tables, *views):
        told = parser.query("SELECT formatQuery({text:String})", "TSVRaw", params={"text": _escaped(statement)})
        assert told.bytes().strip(), statement


def test_a_cluster_is_told_on_all_its_servers() -> None:
    """Without a Replicated database each statement that changes anything says ON CLUSTER: tables, views, databases and roles."""
    for name in ("replicated", "sharded"):
        for statement in (s for part in rendered_for(name) for s in part):
            assert "ON CLUSTER 'production'" in statement or statement.startswith("INSERT INTO"), statement[:200]


def test_a_replicated_database_is_told_nothing_twice() -> None:
    """It carries statements itself: none says ON CLUSTER, and no engine has arguments of its own for the keeper."""
    for statement in (s for part in rendered_for("replicated_database") for s in part):
        assert "ON CLUSTER" not in statement
        assert "MergeTree('" not in statement


@pytest.mark.parametrize("name", ["replicated", "replicated_database", "sharded"])
def test_no_table_stays_on_one_replica(name: str) -> None:
    """Every table that holds rows is Replicated, and no window of known blocks is left on."""
    tables, _ = rendered_for(name)
    engines = re.findall(r"ENGINE = (\w*MergeTree)", " ".join(tables))
    assert engines
    assert all(engine.startswith("Replicated") for engine in engines)
    assert "non_replicated" not in " ".join(tables)


def test_cloud_has_plain_names() -> None:
    """Its engines are chosen by itself; only settings about a disk of the server's own are left out."""
    text = " ".join(rendered_for("cloud")[0])
    assert "fsync_after_insert" not in text
    assert "deduplication_window" not in text
    assert "Replicated" not in text
    assert "Shared" not in text


def test_every_sharded_table_has_its_distributed_one() -> None:
    """Rows are in `…_local`, and the Distributed table over it decides the shard by columns that the table has."""
    tables, _ = rendered_for("sharded")
    made = [found for s in tables if (found := re.match(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)\.(\w+) ", s))]
    names = {found[2] for found in made}
    local = {name.removesuffix("_local") for name in names if name.endswith("_local")}
    assert local == {name for name in names if not name.endswith("_local")}
    assert SHARDED_BY.keys() <= local
    for table, key in SHARDED_BY.items():
        (columns,) = (s for s in tables if s.startswith(f"CREATE TABLE IF NOT EXISTS recibo_store.{table}_local "))
        if like := re.search(r" AS (recibo_store\.\w+_local)$", columns):
            (columns,) = (s for s in tables if s.startswith(f"CREATE TABLE IF NOT EXISTS {like[1]} "))
        for column in re.findall(r"\b(\w+)\b(?!\()", re.sub(r"'[^']*'", "", key)):
            assert re.search(rf"^\s*{column} ", columns, re.MULTILINE), (table, column)


def test_sharded_views_ask_all_shards() -> None:
    """Where `distributed_product_mode` is `deny`, as it is by default, each subquery and join of a view says GLOBAL."""
    _, views = rendered_for("sharded")
    for view in views:
        for found in re.finditer(
            r"(\w+)\s+(?:NOT )?IN\s*\(\s*SELECT|(\w+)\s+(?:INNER|LEFT|FULL|CROSS)\b[\w ]* JOIN\b", view
        ):
            assert "GLOBAL" in (found[1], found[2]), view[max(0, found.start() - 60) : found.end()]


def test_distributed_tables_and_views_over_them_are_made(tmp_path: Path) -> None:
    """The sharded statements run, all that a server without a keeper can: Distributed tables, their columns' changes, GLOBAL views. Nothing is asked of shards."""
    statements = [
        statement.replace(" ON CLUSTER 'production'", "").replace("ENGINE = Replicated", "ENGINE = ")
        for part in rendered_for("sharded")
        for statement in part
        if statement.startswith(("CREATE DATABASE", "CREATE TABLE", "CREATE OR REPLACE VIEW", "ALTER TABLE", "DROP"))
        and " PARTITION '" not in statement
    ]
    (tmp_path / "config.xml").write_text(_CLUSTER)
    program = "import json, sys\nfrom chdb.state.sqlitelike import Connection\nengine = Connection('data')\nfor statement in json.load(sys.stdin):\n    engine.query(statement)\n"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(statements),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert len(statements) > 150
    assert ran.returncode == 0, ran.stderr[-2000:]


def test_no_statement_goes_round_the_topology() -> None:
    """What changes tables is run by `ddl.change`: a statement sent by itself would be for one server alone."""
    for room in ("projections", "operations"):
        for path in (CHECKOUT / room).rglob("*.py"):
            found = _DDL.search(path.read_text(encoding="utf-8"))
            assert found is None, f"{path}: {found}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
