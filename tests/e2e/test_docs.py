"""What the pages say is run: shell blocks and SQL blocks marked `<!-- run -->`, against one running stack.

The stack is what a first `recibo up` makes, in a folder that looks like a checkout, with the demo's traffic posted to it. The
addresses in the pages are the stack's defaults; here they stand for those of the test's stack.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from deploy.demo.deployment import Deployment, registered_sources
from deploy.demo.run import run_demo
from deploy.demo.traffic import generate
from deploy.local.stack import Addresses, Stack
from runtime.programs import CHECKOUT
from runtime.sources_file import SourcesFile
from tests.support.line import DEADLINE_S, quiet
from tests.support.own_stack import own_stack
from tests.support.pages import Block, blocks_of, page_names
from tests.support.servers import url_of

pytestmark = pytest.mark.timeout(180)

EVENTS = 300
LATER_S_MAX = 15.0
"""What was posted can be queried soon, not at once: a block that only reads is tried again for so long."""
READING = ("recibo message", "recibo sql", "recibo doctor", "recibo ready")
DEFAULTS = Addresses(
    ingest="http://127.0.0.1:8080",
    kafka="127.0.0.1:9092",
    clickhouse="http://127.0.0.1:8123",
    ingest_metrics="http://127.0.0.1:9190",
    processors_metrics="http://127.0.0.1:9201",
    projections_metrics="http://127.0.0.1:9202",
    relay_metrics="http://127.0.0.1:9203",
    api="http://127.0.0.1:8090",
    api_metrics="http://127.0.0.1:9204",
)
FIRST = "docs/getting-started.md"
"""What it posts is what other pages ask for, so it comes first, as it does for a reader."""
PAGES = sorted(
    (page for page in page_names() if any(block.mark == "run" for block in blocks_of(page))), key=lambda p: p != FIRST
)


@dataclass(frozen=True)
class Checkout:
    """A folder in which the pages' commands find what they would find in a checkout, and a running stack."""

    folder: Path
    addresses: Addresses
    clickhouse: str
    """URL of the engine, credentials included."""

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a shell block as a reader would, in the folder, `recibo` being on the PATH."""
        for field in fields(Addresses):
            script = script.replace(getattr(DEFAULTS, field.name), getattr(self.addresses, field.name))
        own = {name: value for name, value in os.environ.items() if not name.startswith(("RECIBO_", "KAFKA_", "CLICK"))}
        environ = {
            **own,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "KAFKA_BOOTSTRAP_SERVERS": self.addresses.kafka,
            "CLICKHOUSE_URL": self.addresses.clickhouse,
            "RECIBO_INGEST_PORT": self.addresses.ingest.rpartition(":")[2],
        }
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A stack as a first `recibo up` makes it, with the demo's traffic in it, and the checkout's folders beside it."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("deploy", "tests", "schemas", "docs", "Makefile"):
        (folder / name).symlink_to(CHECKOUT / name)
    settings = own_stack(folder / ".recibo", folder / "recibo.toml")
    with Stack(settings) as stack:
        a = stack.addresses
        sources = registered_sources(SourcesFile(settings.config_file, settings.secrets_file))
        deployment = Deployment(a.ingest, stack.kafka, stack.clickhouse, sources, is_shared=True)
        now_ms = time.time_ns() // 1_000_000
        traffic = generate(1, EVENTS, sources, str(now_ms), now_ms - 7_200_000)
        ledger = asyncio.run(run_demo(deployment, traffic, DEADLINE_S, quiet))
        assert ledger.is_exact
        yield Checkout(folder, a, url_of(stack.clickhouse))


@pytest.fixture(scope="module")
def client(checkout: Checkout) -> Iterator[Client]:
    """A client of the stack's ClickHouse."""
    with clickhouse_connect.get_client(dsn=checkout.clickhouse, autogenerate_session_id=False) as client:
        yield client


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_says_can_be_done(page: str, checkout: Checkout, client: Client) -> None:
    """Every block of the page that is marked to run does, from top to bottom."""
    for block in blocks_of(page):
        if block.mark == "run" and block.language == "sql":
            query_all(client, block)
        elif block.mark == "run":
            run(checkout, block)


def query_all(client: Client, block: Block) -> None:
    for statement in filter(str.strip, block.text.split(";\n")):
        try:
            client.query(statement.rstrip(";"))
        except ClickHouseError as error:
            pytest.fail(f"{block.where}: {statement}\n{error}")


def run(checkout: Checkout, block: Block) -> None:
    only_reads = all(line.startswith(READING) for line in block.text.splitlines())
    deadline = time.monotonic() + (LATER_S_MAX if only_reads else 0)
    while (done := checkout.run(block.text)).returncode != 0:
        if time.monotonic() > deadline:
            pytest.fail(f"{block.where} ended with {done.returncode}:\n{block.text}\n{done.stdout}\n{done.stderr}")
