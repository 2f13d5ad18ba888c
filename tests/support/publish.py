"""A world's records, written to a real broker at the offsets the world gave them."""

from itertools import groupby

from aiokafka import AIOKafkaProducer

from tests.support.world import World

_BATCH_BYTES = 900_000


async def publish(world: World, kafka: str) -> None:
    """Write every record, batch by batch, each partition in order."""
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all", max_batch_size=_BATCH_BYTES) as producer:
        for topic, known in world.records.items():
            in_order = sorted(known, key=lambda r: (r.partition, r.offset))
            for partition, records in groupby(in_order, key=lambda r: r.partition):
                batch = producer.create_batch()
                for r in records:
                    headers = list(r.headers)
                    if batch.append(key=r.key, value=r.value, timestamp=r.timestamp, headers=headers) is None:
                        await (await producer.send_batch(batch, topic, partition=partition))
                        batch = producer.create_batch()
                        batch.append(key=r.key, value=r.value, timestamp=r.timestamp, headers=headers)
                await (await producer.send_batch(batch, topic, partition=partition))
