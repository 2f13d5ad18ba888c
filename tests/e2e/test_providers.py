"""Every provider, from signed HTTP to ClickHouse rows; and shapes nobody knows, taught from the command line."""

import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from operations.sources.proof import prove
from schemas.errors import DeploymentError
from schemas.event import Event, Ignored
from schemas.message_state import JOURNAL_MAX
from schemas.record import SourceContext
from schemas.sources import Source
from schemas.status import BIT
from tests.e2e import sample_rows
from tests.e2e.provider_world import NAMES, PUBLIC_URL, World, eventually, flipped, real_proof, running_world
from tests.e2e.sample_variants import variants
from tests.support.invented_shapes import SHAPES
from tests.support.samples import META_VERIFY, PAYLOADS, samples

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A stack whose sources were registered by the command line."""
    folder: Path = tmp_path_factory.mktemp("providers")
    with running_world(folder) as running:
        yield running


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


OUTCOMES = "SELECT source FROM recibo.outcomes"


def arrived(world: World, wanted: Mapping[str, int]) -> Callable[[], bool]:
    """Return a check of whether each source's records have their outcomes."""

    def is_so() -> bool:
        counted = dict(world.rows(f"SELECT source, count() FROM ({OUTCOMES}) GROUP BY source"))
        return all(counted.get(name, 0) >= count for name, count in wanted.items())

    return is_so


def test_every_sample_arrives_as_its_event_fact_and_row(world: World) -> None:
    """Each sample, with its provider's real signature, twice and in any order, gives the events, facts and outcomes that
    its manifest says, field by field, in ClickHouse; with one bit of the proof changed it is refused and leaves nothing.
    """
    sources = {name: world.registry.source(name) for name in NAMES}
    todo = [sample for sample in samples() for _ in range(2)]
    random.Random(6).shuffle(todo)
    for sample in todo:
        source = sources[sample.provider]
        proof = real_proof(world, sample) or prove(
            source, world.stack.addresses.ingest, sample.body, time.time(), public_url=PUBLIC_URL
        )
        assert world.post(source, sample.content_type, sample.body, flipped(proof)) == 401, sample.file
        assert world.post(source, sample.content_type, sample.body, proof) == source.provider.answer, sample.file
    wanted = Counter(sample.provider for sample in todo for _ in sample.expect)
    eventually(arrived(world, wanted), f"{wanted.total()} outcomes")
    counted = dict(
        world.rows(f"SELECT source, count() FROM ({OUTCOMES}) WHERE source IN {tuple(NAMES)} GROUP BY source")
    )
    assert counted == wanted, "a refused request left something, or something was lost"
    kinds = Counter((s.provider, e["ignored"]) for s in todo for e in s.expect if "ignored" in e)
    query = "SELECT source, kind, count() FROM recibo_store.webhook_set_aside FINAL WHERE outcome = 'ignored' AND source IN {} GROUP BY ALL"
    assert Counter({row[:2]: row[2] for row in world.rows(query.format(tuple(NAMES)))}) == kinds
    unmapped = Counter(s.provider for s in todo for e in s.expect if "unmapped" in e)
    query = query.replace("kind, ", "").replace("ignored", "unmapped")
    assert Counter(dict(world.rows(query.format(tuple(NAMES))))) == unmapped
    events = sample_rows.events(world.rows(sample_rows.EVENTS))
    connections = sample_rows.events(world.rows(sample_rows.CONNECTIONS))
    told = Counter(sample_rows.identity_of(s, e) for s in samples() for e in s.expect if e.get("message_id"))
    assert Counter({identity: len(rows) for identity, rows in events.items()}) <= told, "a repeat became a second event"
    for identity, alternatives in sample_rows.wanted(samples()).items():
        rows = (events if alternatives[0].get("message_id") else connections)[identity[:4]]
        assert any(wanted.items() <= row.items() for row in rows for wanted in alternatives), (alternatives, rows)
    facts = sample_rows.facts(samples())

    rows_of_facts = sample_rows.FACTS.format(tuple(NAMES))
    eventually(lambda: len(world.rows(rows_of_facts)) >= len(facts), "a state a message")
    assert {row[:2]: row[2:] for row in world.rows(rows_of_facts)} == facts


def test_a_provider_without_a_file_is_served_as_its_source_says(world: World) -> None:
    """A generic source's answer, content types, form bodies and credentials are what its configuration says."""
    source = world.registry.source("form")
    form = b"id=f-1&state=OK&token=FAKE-TOKEN"
    assert world.post(source, "application/x-www-form-urlencoded", form) == 200
    assert world.post(source, "application/json", b"{}") == 415
    statuses = "SELECT status FROM recibo.messages WHERE account = 'form' AND message_id = 'f-1'"
    eventually(lambda: world.rows(statuses) == [("delivered",)], "the form's message")
    ((payload,),) = world.rows("SELECT payload FROM recibo_store.webhook_raw WHERE source = 'form'")
    assert "FAKE-TOKEN" not in str(payload)
    assert "redacted" in str(payload)


def test_credentials_in_a_body_are_not_stored(world: World) -> None:
    """Evolution's apikey is nowhere in the log's rows: `[redacted]` stands in its place, and the message is read all the same."""
    source = world.registry.source("evolution")
    body = (PAYLOADS / "evolution-send_message.json").read_bytes()
    assert b"FAKE-0000-SECRET" in body
    assert world.post(source, "application/json", body.replace(b"3EB0FA4E000000000001", b"3EB0FA4E0000REDACTED")) == 200
    query = "SELECT payload FROM recibo_store.webhook_raw WHERE key = 'evolution/3EB0FA4E0000REDACTED'"
    eventually(lambda: bool(world.rows(query)), "the record")
    ((payload,),) = world.rows(query)
    stored = payload.encode() if isinstance(payload, str) else payload
    assert stored == body.replace(b"3EB0FA4E000000000001", b"3EB0FA4E0000REDACTED").replace(
        b"FAKE-0000-SECRET", b"[redacted]"
    )
    assert world.rows(
        "SELECT count() FROM recibo_store.webhook_raw WHERE position(payload, 'FAKE-0000-SECRET') > 0"
    ) == [(0,)]


def test_metas_challenge_is_answered_to_who_knows_the_token(world: World) -> None:
    """Meta's GET gets its challenge back, byte for byte; without the right token, or another mode, it gets 403."""
    source = world.registry.source("meta_cloud")
    assert source.verify_token is not None
    url = f"{world.stack.addresses.ingest}/v1/webhooks/meta_cloud"
    query = {**META_VERIFY["query"], "hub.verify_token": source.verify_token.value}
    answer = world.http.get(url, params=query)
    assert (answer.status_code, answer.text) == (200, META_VERIFY["expect_body"])
    for wrong in ({"hub.verify_token": "fake-verify-token"}, {"hub.mode": "unsubscribe"}, {"hub.verify_token": ""}):
        assert world.http.get(url, params={**query, **wrong}).status_code == 403
    assert world.http.get(url).status_code == 403


def test_a_thousand_statuses_among_inbound_messages_are_a_thousand_events(world: World) -> None:
    """A full body of Meta's, with inbound messages in between, is one request and exactly its statuses."""
    source = world.registry.source("meta_cloud")
    metadata = {"phone_number_id": "200000000000009"}
    statuses = [{"id": f"wamid.full{n}", "status": "sent", "timestamp": "1773144003"} for n in range(1_000)]
    inbound = {"from": "5511987654321", "id": "wamid.in", "type": "text", "text": {"body": "oi"}}
    values = [{"metadata": metadata, "statuses": statuses[n::4], "messages": [inbound]} for n in range(4)]
    entry = [{"id": "1", "changes": [{"field": "messages", "value": value}]} for value in values]
    body = json.dumps({"object": "whatsapp_business_account", "entry": entry}).encode()
    assert world.post(source, "application/json", body) == 200
    query = "SELECT count(), uniqExact(message_id), uniqExact(request_id) FROM recibo_store.message_event FINAL WHERE connection_id = '200000000000009'"
    eventually(lambda: world.rows(query) == [(1_000, 1_000, 1)], "a thousand events")


def test_a_sample_with_a_field_more_or_less_loses_nothing(world: World) -> None:
    """Samples with a field more, or with any one field missing, however deep, are taken, and end as exactly the events,
    kinds and states that their bytes say, out of order and beside one another.
    """
    sources = {name: world.registry.source(f"{name}-more") for name in NAMES}
    todo = [(sample, body) for sample in samples() for body in variants(sample)]
    random.Random(7).shuffle(todo)
    begun = len(world.taken)
    for sample, body in todo:
        source = sources[sample.provider]
        assert world.post(source, sample.content_type, body) == source.provider.answer, sample.file
    everything = said(world.taken[begun:])
    eventually(arrived(world, Counter(name for name, _ in everything)), f"{len(everything)} outcomes")
    check_variants(world, everything)


def check_variants(world: World, everything: list[tuple[str, Any]]) -> None:
    """Compare the tables with what the parsers say of the bytes that were posted."""
    ours = "source LIKE '%-more'"
    events = {
        (name, one.message_id, one.id, one.status)
        for name, one in everything
        if isinstance(one, Event) and one.message_id
    }
    query = "SELECT DISTINCT source, message_id, event_id, status FROM recibo_store.message_event WHERE "
    found = set(world.rows(query + ours))
    assert found <= events
    # The variants of a sample are all about one message, and a message's journal lists so many events and no more.
    ids_of = Counter((name, message_id) for name, message_id, _, _ in events)
    listed = Counter((name, message_id) for name, message_id, _, _ in found)
    assert listed == {message: min(count, JOURNAL_MAX) for message, count in ids_of.items()}
    connections = {
        (name, one.connection_id, one.status)
        for name, one in everything
        if isinstance(one, Event) and not one.message_id
    }
    query = "SELECT DISTINCT source, connection_id, status FROM recibo_store.connection_event WHERE "
    assert set(world.rows(query + ours)) == connections
    kinds = {(name, one.kind) for name, one in everything if isinstance(one, Ignored)}
    query = "SELECT DISTINCT source, kind FROM recibo_store.webhook_set_aside WHERE outcome = 'ignored' AND "
    assert set(world.rows(query + ours)) == kinds
    seen: dict[tuple[str, str], int] = defaultdict(int)
    for name, message_id, _, status in events:
        seen[name, message_id] |= BIT[status]
    states = "SELECT account, message_id, groupBitOr(seen) FROM recibo_store.message_state WHERE account LIKE '%-more' GROUP BY ALL"
    eventually(lambda: {(a, m): mask for a, m, mask in world.rows(states)} == seen, "a state a message")


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
    messages = "SELECT message_id FROM recibo.messages WHERE account = 'crm'"  # of another topic than the events
    eventually(lambda: {m for (m,) in world.rows(messages)} == {m for m, _ in truth}, "the learned messages")
    assert "Nothing of source crm waits" in world.recibo("learn", "crm", "--yes")
    assert world.post(world.registry.source("crm"), "application/json", json.dumps(SHAPES[0].bodies[0]).encode()) == 204


TAUGHT = (
    {"ref": "ta-1", "fase": "zzz", "quando": 1_773_144_003},
    {"ref": "ta-2", "fase": "qqq", "quando": 1_773_144_004},
)
"""Bodies whose words no proposal knows: a person must say what they mean."""


def teach_and_wait(world: World, name: str) -> None:
    source = world.registry.source(name)
    for body in TAUGHT:
        assert world.post(source, "application/json", json.dumps(body).encode()) == 204
    unmapped = f"SELECT count() FROM recibo_store.webhook_set_aside WHERE source = '{name}' AND outcome = 'unmapped'"
    eventually(lambda: world.rows(unmapped)[0][0] == len(TAUGHT), "the bodies to be set aside")


def check_taught(world: World, name: str) -> None:
    query = f"SELECT message_id, status FROM recibo_store.message_event WHERE source = '{name}'"
    eventually(lambda: world.rows(query) == [("ta-1", "delivered")], "what was taught")
    ignored = f"SELECT kind FROM recibo_store.webhook_set_aside WHERE source = '{name}' AND outcome = 'ignored'"
    eventually(lambda: world.rows(ignored) == [("inbound_message",)], "what was taught to be no status")


def test_a_shape_is_taught_by_flags(world: World) -> None:
    """The same by flags alone, in two runs of one capture each; what would change a known event is refused without --force."""
    teach_and_wait(world, "flagged")
    flags = ("--field", "status=fase", "--field", "message_id=ref", "--word", "delivered=zzz", "--yes")
    printed = world.recibo(
        "learn",
        "flagged",
        *flags,
        "--ignore",
        "inbound_message=qqq",
        "--time-zone",
        "America/Sao_Paulo",
        "--limit",
        "1",
    )
    assert "more captures wait" in printed
    assert 'time_zone = "America/Sao_Paulo"' in printed
    world.recibo("learn", "flagged", "--redrive", "--yes")
    check_taught(world, "flagged")
    assert world.post(world.registry.source("flagged"), "application/json", b'{"ref": "ta-3", "fase": "new"}') == 204
    eventually(lambda: "new" in world.recibo("learn", "flagged", "--dry-run"), "the new word")
    changed = ("--word", "read=zzz", "--word", "read=new", "--yes")
    with pytest.raises(DeploymentError, match="would mean something else"):
        world.recibo("learn", "flagged", *changed)
    assert "The mapping is saved" in world.recibo("learn", "flagged", *changed, "--force")
