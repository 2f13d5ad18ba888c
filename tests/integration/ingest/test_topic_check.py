"""Topics that are not as declared: ingest appends nothing to them, keeps what comes in its spool, and says so."""

import asyncio

import httpx
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from operations.topics import alter_settings, create_missing
from runtime.kafka.settings import KafkaSettings
from schemas.topics import RAW, declared
from tests.support.polling import until
from tests.support.running_ingest import StartIngest, event_body, records_of, signature
from tests.support.servers import auto_creating_kafka_server


async def test_topics_that_a_broker_made_by_itself_are_not_appended_to(
    start_ingest: StartIngest, fresh_name: str
) -> None:
    """Neither a missing topic nor one with the broker's own settings takes records; once it is altered, all of them come."""
    with auto_creating_kafka_server() as address:
        kafka = KafkaSettings(address)
        ingest = start_ingest(address, RECIBO_INGEST_KAFKA_RETRY_MS="200")

        async def post(number: int) -> int:
            body = event_body(number)
            return await asyncio.to_thread(posted, ingest.url, fresh_name, body)

        async def is_said(text: str) -> bool:
            return text in str(ingest.ready()["kafka_why"])

        await until(lambda: is_said(f"{RAW} is missing"), "what is missing to be said")
        assert await post(1) == 204
        admin = AIOKafkaAdminClient(bootstrap_servers=address)
        await admin.start()
        try:
            assert RAW not in await admin.list_topics()
            await admin.create_topics([NewTopic(RAW, 4, 1)])
            await create_missing(kafka, 1, 4)
            await until(
                lambda: is_said("message.timestamp.type=CreateTime, declared LogAppendTime"), "the wrong settings"
            )
            assert "recibo topics --apply" in str(ingest.ready()["kafka_why"])
            assert ingest.ready()["status"] == "ready", "the spool takes what comes"
            assert await post(2) == 204
            await alter_settings(kafka, declared(kafka.topics()))
        finally:
            await admin.close()
        await asyncio.to_thread(ingest.wait_for_kafka)

        async def is_drained() -> bool:
            return len(await records_of(address, RAW, fresh_name)) == 2

        await until(is_drained, "both records in the log", s_max=30)


def posted(url: str, name: str, body: bytes) -> int:
    """Post a signed event; return the status."""
    return httpx.post(f"{url}/v1/webhooks/{name}", content=body, headers=signature(body)).status_code
