"""Every provider, from signed HTTP to ClickHouse rows; and shapes nobody knows, taught from the command line."""

import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import clickhouse_connect
import httpx
import pytest
from click.testing import CliRunner

from deploy.cli.source import command
from deploy.local.stack import Stack, StackSettings
from deploy.sources.proof import Proof, prove
from deploy.sources.registry import Registry
from schemas.event import Event, Ignored
from schemas.message_state import JOURNAL_MAX
from schemas.providers import PROVIDERS
from schemas.record import SourceContext
from schemas.sources import Source
from schemas.status import BIT
from tests.invented_shapes import SHAPES
from tests.samples import SECRETS, Sample, samples

pytestmark = pytest.mark.timeout(400)

PUBLIC_URL = "https://receiver.example.com"
NAMES = [name for name in PROVIDERS if name != "generic"]
OWN_SECRETS = {
    "meta_cloud": SECRETS["meta_app_secret"],
    "waha": SECRETS["waha_hmac_key"],
    "twilio": SECRETS["twilio_auth_token"],
}
WAIT_SECONDS_MAX = 60.0


class World:
    """A running stack with one source a provider, and what was posted to it."""

    def __init__(self, stack: Stack, registry: Registry, http: httpx.Client) -> None:
        self.stack = stack
        self.registry = registry
        self.http = http
        self.taken: list[tuple[Source, str, bytes]] = []

    def recibo(self, *arguments: str) -> str:
        """Run `recibo source …` against the stack."""
        environ = {
            "RECIBO_CONFIG": str(self.registry.config_file),
            "RECIBO_SECRETS_FILE": str(self.registry.secrets_file),
            "RECIBO_INGEST_PORT": self.stack.addresses.ingest.rpartition(":")[2],
            "RECIBO_PUBLIC_URL": PUBLIC_URL,
            "KAFKA_BOOTSTRAP_SERVERS": self.stack.addresses.kafka,
            "CLICKHOUSE_URL": self.stack.addresses.clickhouse,
        }
        result = CliRunner().invoke(command, arguments, env=environ, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    def post(self, source: Source, content_type: str, body: bytes, proof: Proof | None = None) -> int:
        """Post a body with its proof, and remember it where it is taken."""
        proof = proof or prove(source, self.stack.addresses.ingest, body, public_url=PUBLIC_URL)
        answer = self.http.post(proof.url, content=body, headers={**proof.headers, "Content-Type": content_type})
        if answer.status_code == source.provider.answer:
            self.taken.append((source, content_type, body))
        return answer.status_code

    def rows(self, statement: str) -> list[Any]:
        """Query ClickHouse."""
        with clickhouse_connect.get_client(
            dsn=self.stack.addresses.clickhouse, autogenerate_session_id=False
        ) as client:
            return list(client.query(statement).result_rows)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A stack whose sources were registered by the command line."""
    folder = tmp_path_factory.mktemp("providers")
    registry = Registry(folder / "recibo.toml", folder / ".recibo" / "secrets.env")
    files = ["--config", str(registry.config_file), "--secrets-file", str(registry.secrets_file)]
    for name in NAMES:
        secret = OWN_SECRETS.get(name, "a-secret-of-at-least-thirty-two-bytes")
        add = ["add", name, "--provider", name, "--secret-stdin", *files]
        assert CliRunner().invoke(command, add, input=secret + "\n", catch_exceptions=False).exit_code == 0
    add = ["add", "crm", "--provider", "generic", "--auth", "none", *files]
    assert CliRunner().invoke(command, add, catch_exceptions=False).exit_code == 0
    settings = StackSettings(
        data_dir=folder / ".recibo",
        config_file=registry.config_file,
        ingest_port=0,
        kafka_port=0,
        clickhouse_port=0,
        processors_metrics_port=0,
        projections_metrics_port=0,
        starts_fast=True,
        environ={"RECIBO_PUBLIC_URL": PUBLIC_URL, "RECIBO_INGEST_AUTH_FAILURES_PER_MINUTE_MAX": "1000000"},
    )
    with Stack(settings) as stack, httpx.Client(trust_env=False) as http:
        yield World(stack, registry, http)


def eventually(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, f"waited {WAIT_SECONDS_MAX} s for {what}"
        time.sleep(0.2)


def real_proof(world: World, sample: Sample) -> Proof | None:
    """Return the sample's own signature, where it has one."""
    signature = {
        name: value for name, value in sample.headers.items() if "Signature" in name or name == "X-Webhook-Hmac"
    }
    return Proof(f"{world.stack.addresses.ingest}/v1/webhooks/{sample.provider}", signature) if signature else None


def variants(sample: Sample) -> list[bytes]:
    """Return the body repeated, with one more field, and with each of its outermost fields missing."""
    if not sample.file.endswith(".json") or not sample.body.startswith(b"{"):
        return [sample.body, sample.body + b"&OneMoreField=1" if sample.file.endswith(".form") else sample.body]
    document = json.loads(sample.body)
    missing = [{k: v for k, v in document.items() if k != name} for name in document]
    return [sample.body, *(json.dumps(d).encode() for d in ({**document, "one_more_field": [1]}, *missing))]


def flipped(proof: Proof) -> Proof:
    """Return a proof in which one character of the secret or signature is another."""
    if not proof.headers:
        return Proof(proof.url[:-1] + ("0" if proof.url[-1] != "0" else "1"), {})
    name = list(proof.headers)[-1]
    value = proof.headers[name]
    at = len(value) // 2
    return Proof(proof.url, {**proof.headers, name: value[:at] + ("x" if value[at] != "x" else "y") + value[at + 1 :]})


def said(taken: list[tuple[Source, str, bytes]]) -> list[tuple[str, Any]]:
    """Return (source, what a part says) of every part of every body, by the parsers alone."""
    found = []
    now_ms = int(time.time() * 1000)
    for source, content_type, body in taken:
        context = SourceContext(source.name, source.account, source.provider.name, content_type)
        found += [
            (source.name, source.parser.normalize(part.body, context, now_ms))
            for part in source.parser.split(body, content_type)
        ]
    return found


def test_every_sample_arrives_as_its_event_fact_and_row(world: World) -> None:
    """Signed samples, repeated, reordered, with a field more or less, give exactly the events, states and outcomes
    that their bytes say; with a flipped character in the proof they are refused and leave nothing.
    """
    sources = {name: world.registry.source(name) for name in NAMES}
    todo = [
        (sample, body, real_proof(world, sample) if body == sample.body else None)
        for sample in samples()
        for body in variants(sample)
    ]
    todo += [(sample, sample.body, real_proof(world, sample)) for sample in samples()]
    random.Random(6).shuffle(todo)
    for sample, body, proof in todo:
        source = sources[sample.provider]
        assert world.post(source, sample.content_type, body, proof) == source.provider.answer, sample.file
        right = proof or prove(source, world.stack.addresses.ingest, body, public_url=PUBLIC_URL)
        assert world.post(source, sample.content_type, body, flipped(right)) == 401, sample.file
    everything = said(world.taken)
    outcomes = "SELECT (SELECT uniqExact(log_partition, log_offset) FROM recibo_store.{}) "
    tables = ("message_event", "connection_event", "webhook_set_aside")
    counted = "SELECT " + " + ".join(f"({outcomes.format(table)})" for table in tables)
    eventually(lambda: world.rows(counted)[0][0] == len(everything), f"{len(everything)} outcomes")

    events = {
        (name, one.message_id, one.id, one.status)
        for name, one in everything
        if isinstance(one, Event) and one.message_id
    }
    found = set(world.rows("SELECT DISTINCT source, message_id, event_id, status FROM recibo_store.message_event"))
    assert found <= events
    # The variants of a sample are all about one message, and a message's journal lists so many events and no more.
    ids_of = Counter((name, message_id) for name, message_id, _, _ in events)
    listed = Counter((name, message_id) for name, message_id, _, _ in found)
    assert listed == {message: min(count, JOURNAL_MAX) for message, count in ids_of.items()}
    connections = {
        (name, one.connection_id, one.status, one.reason)
        for name, one in everything
        if isinstance(one, Event) and not one.message_id
    }
    rows = world.rows("SELECT DISTINCT source, connection_id, status, reason FROM recibo_store.connection_event")
    assert set(rows) <= connections
    # Two bodies with one event id of the provider's are one event, with the reason of whichever came first.
    assert {row[:3] for row in rows} == {connection[:3] for connection in connections}
    kinds = {(name, one.kind) for name, one in everything if isinstance(one, Ignored)}
    rows = world.rows("SELECT DISTINCT source, kind FROM recibo_store.webhook_set_aside WHERE outcome = 'ignored'")
    assert set(rows) == kinds

    seen: dict[tuple[str, str], int] = defaultdict(int)
    for name, message_id, _, status in events:
        seen[name, message_id] |= BIT[status]
    states = "SELECT account, message_id, groupBitOr(seen) FROM recibo_store.message_state GROUP BY ALL"
    eventually(lambda: {(a, m): mask for a, m, mask in world.rows(states)} == seen, "a state a message")
    shown = set(world.rows("SELECT account, message_id FROM recibo.messages"))
    assert shown <= set(seen)
    assert ("z_api", "FAKEZMSG0001") in shown
    assert ("z_api", "FAKEZAAP0001") not in shown, "it is another id of the message above"


@pytest.mark.parametrize("name", ["wpp_marketing", "meta_cloud", "twilio", "cloudevents"])
def test_a_test_event_is_followed_to_clickhouse(world: World, name: str) -> None:
    """`recibo source test` shows each step of a signed event of the provider's own shape."""
    printed = world.recibo("test", name)
    assert all(
        step in printed for step in ("answered", "stored", "understood", "in ClickHouse", "The whole line works.")
    )


def test_shapes_nobody_knows_reach_the_tables_by_one_command(world: World) -> None:
    """Seven invented shapes are kept as unmapped, learned, re-driven, and are rows; learning again finds nothing."""
    source = world.registry.source("crm")
    bodies = [body for invented in SHAPES for body in invented.bodies]
    for body in bodies:
        assert world.post(source, "application/json", json.dumps(body).encode()) == 204
    unmapped = "SELECT count() FROM recibo_store.webhook_set_aside WHERE source = 'crm' AND outcome = 'unmapped'"
    elements = sum(len(body) if isinstance(body, list) else 1 for body in bodies)
    eventually(lambda: world.rows(unmapped)[0][0] == elements, "the bodies to be set aside")
    assert "Nothing is saved" in world.recibo("learn", "crm", "--dry-run")
    assert f"{elements} captures are understood whole" in world.recibo("learn", "crm", "--yes")
    truth = set().union(*(invented.truth for invented in SHAPES))
    query = "SELECT DISTINCT message_id, status FROM recibo_store.message_event WHERE source = 'crm'"
    eventually(lambda: set(world.rows(query)) == truth, "the learned events")
    assert {m for (m,) in world.rows("SELECT message_id FROM recibo.messages WHERE account = 'crm'")} == {
        m for m, _ in truth
    }
    assert "Nothing of source crm waits" in world.recibo("learn", "crm", "--yes")
    assert world.post(world.registry.source("crm"), "application/json", json.dumps(SHAPES[0].bodies[0]).encode()) == 204
