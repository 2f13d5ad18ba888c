"""Breaks one event on its way, to show that the ledger has eyes: every run with it must fail, naming the message.

| what      | log                                   | topic                                 | table                         |
| --------- | ------------------------------------- | ------------------------------------- | ----------------------------- |
| drop      | answered 204, and stored nowhere      |                                       | an event's row deleted        |
| double    | a raw record copied                   | an event published under a second id  | an event's row copied         |
| downgrade |                                       | a state rewritten with a lower status | a state's mask cleared        |
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from deploy.demo.attempts import Attempt
from deploy.demo.observed import Observed, RawRecord
from deploy.demo.said import Reported
from deploy.demo.traffic import Traffic
from deploy.demo.truth import History, Truth
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.clients import make_producer
from runtime.kafka.settings import KafkaSettings
from schemas.record import (
    HEADER_REQUEST,
    HEADER_SOURCE,
    RequestStamp,
    SourceContext,
    encode_request,
    encode_source,
)

WAYS: Final = {
    "drop": ("log", "table"),
    "double": ("topic", "log", "table"),
    "downgrade": ("topic", "table"),
}
"""What can be broken, and where; the first place is the default."""

_COPIED: Final = "SELECT * REPLACE (log_offset + 1000000000 AS log_offset) FROM"


@dataclass(slots=True)
class Sabotage:
    """One break, and what was broken."""

    way: str
    place: str
    victim: str = ""
    """`account/message id`, once it is chosen."""

    @classmethod
    def parse(cls, text: str) -> "Sabotage":
        """Read `drop`, `double`, `downgrade`, or one of them with a place (`drop:table`).

        Raises:
            ValueError: it is neither; the message says what may be written.
        """
        way, _, place = text.partition(":")
        places = WAYS.get(way, ())
        if not places or (place and place not in places):
            known = ", ".join(f"{name}[:{'|'.join(where)}]" for name, where in WAYS.items())
            raise ValueError(f"SABOTAGE={text}: write one of {known}")
        return cls(way, place or places[0])

    def swallow(self, traffic: Traffic) -> tuple[Traffic, list[Attempt]]:
        """Return the traffic really sent, and the attempts that are only claimed: an answer without storing."""
        if (self.way, self.place) != ("drop", "log"):
            return traffic, []
        order = list(traffic.order)
        for place in range(len(order) // 2, len(order)):
            post = traffic.posts[order[place]]
            said = post.elements[0].said if len(post.elements) == 1 else None
            if isinstance(said, Reported) and said.message_id and order.count(order[place]) == 1:
                self.victim = f"{post.source.account}/{said.message_id}"
                now_ms = time.time_ns() // 1_000_000
                claimed = [Attempt(order.pop(place), 204, now_ms, now_ms)]
                return replace(traffic, order=tuple(order)), claimed
        raise LookupError("no event of this traffic is reported only once")

    async def break_log(self, observed: Observed, kafka: KafkaSettings) -> None:
        """Copy a raw record, as if it had been posted once more."""
        if (self.way, self.place) != ("double", "log"):
            return
        record = next(record for record in observed.raw if record.kind == "single" and b"-m" in record.key)
        self.victim = record.key.decode()
        headers, partition = _copied_headers(record), record.at.partition
        await _send(kafka, kafka.topics().raw, record.key, record.value, headers=headers, partition=partition)

    async def break_topic(self, observed: Observed, truth: Truth, kafka: KafkaSettings, generation: int) -> None:
        """Publish an event under a second id, or a state with a lower status than the message has."""
        if self.place != "topic":
            return
        topics, history = kafka.topics(generation), _delivered(truth)
        self.victim = f"{history.account}/{history.subject}"
        key = self.victim.encode()
        if self.way == "double":
            value = next(event.value for event in observed.message_events if event.key == key)
            doubled = {**value, "id": value["id"] + "/again"}
            await _send(kafka, topics.message_events, key, orjson.dumps(doubled))
        else:
            value = [state.value for state in observed.message_states if state.key == key][-1]
            lowered = {**value, "status": "queued", "seen": 1}
            await _send(kafka, topics.message_state, key, orjson.dumps(lowered))

    def break_table(self, truth: Truth, clickhouse: ClickHouseSettings) -> None:
        """Delete or copy the row of one event, or clear bits of a message's mask."""
        if self.place != "table":
            return
        history = _delivered(truth)
        self.victim = f"{history.account}/{history.subject}"
        at = history.folded[0].record.at
        event = f"log_partition = {at.partition} AND log_offset = {at.offset}"
        store = clickhouse.database
        copied = f"(SELECT * FROM {store}.message_event FINAL WHERE {event})"  # noqa: S608 - two numbers
        statement = {
            "drop": f"ALTER TABLE {store}.message_event DELETE WHERE {event}",
            "double": f"INSERT INTO {store}.message_event {_COPIED} {copied}",
            "downgrade": f"ALTER TABLE {store}.message_state UPDATE seen = bitAnd(seen, 63)"
            f" WHERE account = '{history.account}' AND message_id = '{history.subject}'",
        }[self.way]
        with connect(clickhouse) as client:
            client.command(statement, settings={"mutations_sync": 2})


def _delivered(truth: Truth) -> History:
    """Return a message with one plain id that was delivered and whose first record was published."""
    of_message: Callable[[History], bool] = lambda history: (  # noqa: E731 - read once, below
        history.is_message
        and "'" not in history.subject
        and {"queued", "delivered"} <= {told.said.status for told in history.folded}
        and truth.outcomes[history.folded[0].record.at][0] == "advanced"
        and all(told.said.tracking_id != history.subject for told in history.folded)
    )
    return next(filter(of_message, truth.histories.values()))


def _copied_headers(record: RawRecord) -> list[tuple[str, bytes]]:
    stamp = RequestStamp("f" * 32, 0, record.kind, record.received_at_ms)
    context = SourceContext(record.source, record.account, "wpp_marketing")
    return [(HEADER_SOURCE, encode_source(context)), (HEADER_REQUEST, encode_request(stamp))]


async def _send(
    kafka: KafkaSettings,
    topic: str,
    key: bytes,
    value: bytes,
    *,
    headers: list[tuple[str, bytes]] | None = None,
    partition: int | None = None,
) -> None:
    producer: Any = make_producer(kafka, "recibo-demo", acks="all")
    await producer.start()
    try:
        await producer.send_and_wait(topic, value, key=key, headers=headers or [], partition=partition)
    finally:
        await producer.stop()
