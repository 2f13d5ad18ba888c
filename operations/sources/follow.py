"""Sending one test event and following it: the answer, the raw log, the processors, ClickHouse, each with its time."""

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from clickhouse_connect.driver.exceptions import ClickHouseError

from operations.sources.log_reader import LogReader, Record, reading
from operations.sources.proof import Proof
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.settings import KafkaSettings
from schemas.errors import DeploymentError
from schemas.topics import Topics

_CLICKHOUSE_POLL_S: Final = 0.1
_SUCCESS: Final = 2


@dataclass(frozen=True, slots=True)
class Step:
    """How far the event has come."""

    name: str
    milliseconds: float
    """Since the request was sent."""
    detail: str


@dataclass(frozen=True, slots=True)
class Line:
    """Where the stages of a deployment are."""

    kafka: KafkaSettings
    clickhouse: ClickHouseSettings
    generation: int
    trust: ssl.SSLContext | None = None
    """Whom to trust to be ingest; None: whom the system trusts."""
    secrets_file: Path | None = None
    """Where the secret of the proof is from, for messages."""


OnStep = Callable[[Step], None]


async def send_and_follow(
    line: Line, proof: Proof, body: bytes, content_type: str, message_id: str, *, s_max: float, on_step: OnStep
) -> None:
    """Post a test event and report each step until its message can be queried.

    Args:
        line: where the stages are.
        proof: URL and headers of the request.
        body: the event.
        content_type: its type.
        message_id: the message it is about, known by nobody else.
        s_max: how long to wait for each step.
        on_step: called at each step.

    Raises:
        DeploymentError: a step did not happen; the message says which, and where to look.
    """
    topics = line.kafka.topics(line.generation)
    async with (
        reading(line.kafka, topics.raw, topics.message_events, topics.set_aside) as reader,
        httpx.AsyncClient(trust_env=False, verify=line.trust or True) as client,
    ):
        await reader.seek_to_end()
        begun = time.monotonic()

        def tell(name: str, detail: str) -> None:
            on_step(Step(name, (time.monotonic() - begun) * 1000, detail))

        answer = await _post(client, proof, body, content_type)
        if answer.status_code // 100 != _SUCCESS:
            raise DeploymentError(_refused(answer, proof, line.secrets_file))
        tell("answered", f"HTTP {answer.status_code}")
        where = await _first(
            reader, s_max, lambda r: r.topic == topics.raw and message_id.encode() in r.value, topics.raw
        )
        tell("stored", f"{topics.raw} partition {where.partition} offset {where.offset}")
        is_ours = _outcome_of(topics, where, message_id)
        outcome = await _first(reader, s_max, is_ours, topics.message_events)
        if outcome.topic == topics.set_aside and b'"outcome":"unselected"' not in outcome.value:
            raise DeploymentError(f"the processors set it aside: {outcome.value.decode()}")
        tell("understood", f"{outcome.topic} partition {outcome.partition} offset {outcome.offset}")
    status = await asyncio.wait_for(_queried(line.clickhouse, message_id, s_max), s_max + 1)
    tell("in ClickHouse", f"{line.clickhouse.views_database}.messages says {status}")


def _refused(answer: httpx.Response, proof: Proof, secrets_file: Path | None) -> str:
    """Say why ingest may have refused: of a proof, what was signed and with which secret, which it may not have."""
    text = f"ingest answered {answer.status_code}: {answer.text.strip() or answer.reason_phrase}"
    if answer.status_code != httpx.codes.UNAUTHORIZED or not proof.told:
        return text
    where = f" of {secrets_file}" if secrets_file else ""
    return (
        f"ingest does not take this proof (401). Sent: {proof.told}{where}. Ingest's log says what it expected instead "
        '("a request does not prove"): another secret, where it does not read this file, or another public URL'
    )


async def _post(client: httpx.AsyncClient, proof: Proof, body: bytes, content_type: str) -> httpx.Response:
    headers = {**proof.headers, "Content-Type": content_type}
    try:
        return await client.post(proof.url, content=body, headers=headers)
    except httpx.HTTPError as error:
        raise DeploymentError(f"ingest does not answer at {proof.url}: {error}; is `recibo up` running?") from error


async def _first(reader: LogReader, s_max: float, wanted: Callable[[Record], bool], where: str) -> Record:
    found = await reader.first(wanted, s_max)
    if found is None:
        raise DeploymentError(f"it did not arrive in {where} within {s_max:g} s: see the stage's log")
    return found


def _outcome_of(topics: Topics, where: Record, message_id: str) -> Callable[[Record], bool]:
    """Return what knows the outcome of the raw record at `where`."""
    coordinate = f'"partition":{where.partition},"offset":{where.offset},'.encode()

    def is_ours(record: Record) -> bool:
        if record.topic == topics.message_events:
            return message_id.encode() in record.value
        return record.topic == topics.set_aside and coordinate in record.value

    return is_ours


async def _queried(clickhouse: ClickHouseSettings, message_id: str, s_max: float) -> str:
    deadline = time.monotonic() + s_max
    while True:
        try:
            found = await asyncio.to_thread(_status_in_clickhouse, clickhouse, message_id)
        except ClickHouseError as error:
            raise DeploymentError(f"ClickHouse at {clickhouse.address} cannot be queried: {error}") from error
        if found:
            return found
        if time.monotonic() > deadline:
            raise DeploymentError(f"it did not arrive in ClickHouse within {s_max:g} s: see the projections' log")
        await asyncio.sleep(_CLICKHOUSE_POLL_S)


def _status_in_clickhouse(clickhouse: ClickHouseSettings, message_id: str) -> str:
    with connect(clickhouse, database=clickhouse.views_database) as client:
        statement = "SELECT status FROM messages WHERE message_id = {id:String}"
        rows = client.query(statement, parameters={"id": message_id}).result_rows
    return str(rows[0][0]) if rows else ""
