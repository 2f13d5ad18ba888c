"""Sends hostile requests to a real ingest, and checks every answer, its memory, its log and the raw log afterwards.

`make hostile` runs 100,000 distinct ones, and one stranger at 100 KB/s in each of his ways:
`python -m tests.integration.ingest.hostile_run --requests 100000 [--seed N] [--seconds N]`. The last line is a JSON object.
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
import ssl
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from operations.topics import create_missing
from runtime.kafka.settings import KafkaSettings
from schemas.record import decode_request
from schemas.topics import RAW
from tests.integration.ingest.hostile_post import BODY_BYTES_MAX, Hostile
from tests.integration.ingest.hostile_requests import SOURCES, STORING, Maker
from tests.integration.ingest.strangers import (
    GROWTH_BYTES_MAX,
    KINDS,
    P99_MS_MAX,
    SHARE_MIN,
    SOURCE,
    while_attacked,
)
from tests.support.certificates import Authority
from tests.support.raw_http import resident_bytes
from tests.support.running_ingest import SIGNED_SOURCE, RunningIngest, ingest_at, records_of
from tests.support.servers import kafka_server
from tests.support.webhook_posts import read_status

CONNECTIONS = 8
RESIDENT_GROWTH_BYTES_MAX = 150_000_000
_ANSWER_S_MAX = 30.0
ENVIRON = {
    "RECIBO_INGEST_BODY_BYTES_MAX": str(BODY_BYTES_MAX),
    "RECIBO_INGEST_AUTH_FAILURES_PER_MINUTE_MAX": "1000000000",
}


@dataclass
class Outcome:
    """What became of a run."""

    tried: int = 0
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    stored: Counter[bytes] = field(default_factory=Counter)
    """SHA-256 of each body that was answered 2xx, and how often."""

    def note(self, request: Hostile, status: int) -> None:
        """Note an answer."""
        self.tried += 1
        self.answers[request.kind, status] += 1
        if status not in request.expected:
            self.wrong.append(f"{request.kind}: {status}, not {sorted(request.expected)}: {request.data[:300]!r}")
        elif request.stored is not None:
            self.stored[hashlib.sha256(request.stored).digest()] += 1


async def attack(running: RunningIngest, name: str, *, requests: int, seed: int) -> Outcome:
    """Send distinct requests from several connections, and return how each was answered."""
    outcome = Outcome()
    source = _distinct(Maker(name, seed).requests(), requests)
    await asyncio.gather(*(_client(running, source, outcome) for _ in range(CONNECTIONS)))
    return outcome


def _distinct(requests: Iterator[Hostile], count: int) -> Iterator[Hostile]:
    seen: set[bytes] = set()
    while len(seen) < count:
        request = next(requests)
        digest = hashlib.sha256(request.data).digest()
        if digest not in seen:
            seen.add(digest)
            yield request


async def _client(running: RunningIngest, requests: Iterator[Hostile], outcome: Outcome) -> None:
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    for request in requests:
        if connection is None:
            connection = await asyncio.open_connection("127.0.0.1", running.port)
        reader, writer = connection
        status = 0
        with contextlib.suppress(ConnectionError, EOFError):
            writer.write(request.data)
            if not request.reads:
                raise EOFError
            status = await asyncio.wait_for(
                read_status(reader, is_head=request.data.startswith(b"HEAD")), _ANSWER_S_MAX
            )
        outcome.note(request, status)
        if request.ends or status not in (200, 204, 401, 403, 404, 405, 415) or request.expected == {404, 400}:
            # Malformed and oversized requests leave the connection in the middle of something.
            writer.close()
            connection = None
    if connection is not None:
        connection[1].close()


async def check_stored(running: RunningIngest, name: str, outcome: Outcome) -> list[str]:
    """Return what is wrong with the raw log: bodies answered 2xx and not there byte for byte, or there unasked."""
    by_request: dict[str, bytes] = {}  # a second copy, after a late acknowledgement, keeps its request id
    for source in STORING:
        for record in await records_of(running.bootstrap_servers, RAW, f"{name}-{source}"):
            stamp = decode_request(dict(record.headers)["request"])
            if stamp.kind != "part":
                by_request[stamp.request_id] = hashlib.sha256(record.value).digest()
    found = Counter(by_request.values())
    missing, unasked = outcome.stored - found, found - outcome.stored
    wrong = []
    if missing:
        wrong.append(f"{missing.total()} bodies were answered 2xx and are not in the raw log")
    if unasked:
        wrong.append(f"{unasked.total()} bodies are in the raw log and were never answered 2xx")
    return wrong


def check_process(running: RunningIngest, resident_before: int) -> list[str]:
    """Return what is wrong with the process: dead, grown, or with a log that is not one JSON object a line."""
    wrong = []
    assert running.process is not None
    if running.process.poll() is not None:
        return [f"ingest died with code {running.process.returncode}"]
    growth = resident_bytes(running) - resident_before
    if growth > RESIDENT_GROWTH_BYTES_MAX:
        wrong.append(f"memory grew by {growth} bytes")
    for line in running.log.splitlines():
        said = json.loads(line)
        if said["level"] in ("error", "critical"):
            wrong.append(f"the log holds an error: {line[:500]}")
    return wrong


async def run(running: RunningIngest, name: str, *, requests: int, seed: int) -> tuple[Outcome, list[str]]:
    """Attack, and return the answers and everything that is wrong."""
    before = resident_bytes(running)
    outcome = await attack(running, name, requests=requests, seed=seed)
    wrong = outcome.wrong + check_process(running, before)
    return outcome, wrong + await check_stored(running, name, outcome)


def strangers(broker: str, folder: Path, seconds: float) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Let a stranger attack in each of his ways; return how genuine posts were answered, and what is wrong."""
    authority = Authority(folder)
    cert, key = authority.issue("ingest")
    tls = {"RECIBO_INGEST_TLS_CERT_FILE": str(cert), "RECIBO_INGEST_TLS_KEY_FILE": str(key)}
    trusting = ssl.create_default_context(cafile=authority.ca_file)
    sources, found, wrong = SIGNED_SOURCE.format(name=SOURCE), {}, []
    for scheme, environ, context, kinds in (("http", {}, None, list(KINDS)), ("https", tls, trusting, ["silent"])):
        with ingest_at(broker, folder / scheme, sources, scheme=scheme, **environ) as running:
            running.wait_for_kafka()
            for kind in kinds:
                figures = asyncio.run(while_attacked(running, kind, seconds, context))
                name = f"{kind} before TLS" if context else kind
                found[name] = {"share": round(figures.share, 4), "p99_ms": round(figures.p99_ms, 1)}
                print(f"{name}: {figures}")  # noqa: T201 - a command's own words
                if figures.share < SHARE_MIN or figures.p99_ms > P99_MS_MAX or figures.growth_bytes > GROWTH_BYTES_MAX:
                    wrong.append(f"a stranger keeps others out by {name}: {figures}")
    return found, wrong


def main() -> int:
    """Run from the command line; the exit code is 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--seconds", type=float, default=15.0, help="of each of the stranger's ways")
    options = parser.parse_args()
    name = f"hostile-{options.seed:x}"
    with tempfile.TemporaryDirectory(prefix="recibo-hostile-") as folder, kafka_server() as broker:
        asyncio.run(create_missing(KafkaSettings(broker), 1, 4))
        stranger, wrong = strangers(broker, Path(folder), options.seconds)
        with ingest_at(broker, Path(folder) / "requests", SOURCES.format(name=name), **ENVIRON) as running:
            running.wait_for_kafka()
            before, began = resident_bytes(running), time.monotonic()
            outcome, wrong_requests = asyncio.run(run(running, name, requests=options.requests, seed=options.seed))
            seconds, growth = time.monotonic() - began, resident_bytes(running) - before
    wrong += wrong_requests
    for (kind, status), count in sorted(outcome.answers.items()):
        print(f"{count:>8}  {status or 'none'}  {kind}")  # noqa: T201 - as above
    for line in wrong[:50]:
        print(f"WRONG {line}")  # noqa: T201 - as above
    said = {
        "result": "failed" if wrong else "passed",
        "requests": outcome.tried,
        "kinds": len({kind for kind, _ in outcome.answers}),
        "as_specified": outcome.tried - len(outcome.wrong),
        "stored_byte_for_byte": outcome.stored.total(),
        "memory_growth_mb": round(growth / 1e6),
        "seconds": round(seconds),
        "seed": options.seed,
        "one_stranger_at_100_kb_s": stranger,
    }
    print(json.dumps(said))  # noqa: T201 - as above
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
