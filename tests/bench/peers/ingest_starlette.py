"""Peers of ingest: the same uvicorn, a Starlette handler that checks the same HMAC and parses the JSON, with and without Kafka.

`MODE=no_kafka` answers at once; `MODE=naive_send` awaits one plain `producer.send` an event before it answers.
"""

import asyncio
import hashlib
import hmac
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import uvicorn
from aiokafka import AIOKafkaProducer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.bench.webhook_traffic import SECRET

TOPIC = os.environ.get("TOPIC", "bench.naive")
HEADERS = ("x-recibo-signature", "x-hub-signature-256")


async def _checked(request: Request) -> tuple[bytes, dict[str, object]] | None:
    body = await request.body()
    expected = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    given = next((request.headers[name] for name in HEADERS if name in request.headers), "")
    return (body, orjson.loads(body)) if hmac.compare_digest(expected, given) else None


async def without_kafka(request: Request) -> Response:
    """Read, check, parse, answer."""
    return Response(status_code=401 if await _checked(request) is None else 204)


async def with_naive_send(request: Request) -> Response:
    """Read, check, parse, send each event, await each acknowledgement, answer."""
    checked = await _checked(request)
    if checked is None:
        return Response(status_code=401)
    body, document = checked
    producer: AIOKafkaProducer = request.app.state.producer
    message = document.get("message")
    if isinstance(message, dict):
        await (await producer.send(TOPIC, body, key=str(message["id"]).encode()))
    else:
        statuses = document["entry"][0]["changes"][0]["value"]["statuses"]  # type: ignore[index]
        sends = [await producer.send(TOPIC, orjson.dumps(status), key=status["id"].encode()) for status in statuses]
        await asyncio.gather(*sends)
    return Response(status_code=204)


@asynccontextmanager
async def _producer(app: Starlette) -> AsyncIterator[None]:
    if os.environ["MODE"] == "no_kafka":
        yield
        return
    async with AIOKafkaProducer(
        bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"],
        acks="all",
        enable_idempotence=True,
        linger_ms=2,
        compression_type="zstd",
        max_batch_size=1024 * 1024,
    ) as producer:
        app.state.producer = producer
        yield


def main() -> None:
    """Serve on PORT."""
    handler = without_kafka if os.environ["MODE"] == "no_kafka" else with_naive_send
    app = Starlette(routes=[Route("/v1/webhooks/{source}", handler, methods=["POST"])], lifespan=_producer)
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), http="httptools", loop="uvloop", access_log=False)


if __name__ == "__main__":
    main()
