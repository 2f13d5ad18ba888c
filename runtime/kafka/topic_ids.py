"""Kafka's own id of a topic, which tells a topic from another that was made under its name later.

aiokafka 0.14 speaks metadata up to version 5; topic ids are in it from version 10 on (Kafka 2.8, KIP-516). So this request
is ours, beside `CreatesNoTopics`, and creates no topics either (`tests/contracts/test_topic_ids.py`).
"""

import base64
from collections.abc import Iterable
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import IncompatibleBrokerVersion
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    AbstractType,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

_UUID_BYTES: Final = 16
_TEXT: Final = CompactString("utf-8")


class Uuid(AbstractType[bytes]):  # type: ignore[misc]  # aiokafka has no types
    """Sixteen bytes."""

    @classmethod
    def encode(cls, value: bytes) -> bytes:
        """Return the bytes as they are."""
        return value

    @classmethod
    def decode(cls, data: Any) -> bytes:
        """Read sixteen bytes."""
        return bytes(data.read(_UUID_BYTES))


_PARTITION: Final = (
    ("error_code", Int16),
    ("partition", Int32),
    ("leader", Int32),
    ("leader_epoch", Int32),
    ("replicas", CompactArray(Int32)),
    ("isr", CompactArray(Int32)),
    ("offline_replicas", CompactArray(Int32)),
    ("tags", TaggedFields),
)
_TOPIC: Final = (
    ("error_code", Int16),
    ("topic", _TEXT),
    ("topic_id", Uuid),
    ("is_internal", Boolean),
    ("partitions", CompactArray(*_PARTITION)),
    ("authorized_operations", Int32),
    ("tags", TaggedFields),
)
_BROKER: Final = (("node_id", Int32), ("host", _TEXT), ("port", Int32), ("rack", _TEXT), ("tags", TaggedFields))


class MetadataResponseV10(Response):  # type: ignore[misc]  # aiokafka has no types
    """What a broker answers."""

    API_KEY = 3
    API_VERSION = 10
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", CompactArray(*_BROKER)),
        ("cluster_id", _TEXT),
        ("controller_id", Int32),
        ("topics", CompactArray(*_TOPIC)),
        ("authorized_operations", Int32),
        ("tags", TaggedFields),
    )


class MetadataRequestV10(RequestStruct):  # type: ignore[misc]  # aiokafka has no types
    """The request as it is sent."""

    FLEXIBLE_VERSION = True
    API_KEY = 3
    API_VERSION = 10
    RESPONSE_TYPE = MetadataResponseV10
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", Uuid), ("name", _TEXT), ("tags", TaggedFields))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class TopicIdsRequest(Request[MetadataRequestV10]):  # type: ignore[misc]  # aiokafka has no types
    """Asks for topics by name, and creates none."""

    API_KEY = 3

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(names)

    def build(self, request_struct_class: type[MetadataRequestV10]) -> MetadataRequestV10:
        """Return the request of the version that the broker speaks."""
        asked: list[tuple[bytes, str, dict[int, bytes]]] = [(bytes(_UUID_BYTES), name, {}) for name in self._names]
        return request_struct_class(asked, False, False, False, {})  # noqa: FBT003 - by position, as the protocol has them


async def topic_ids(admin: AIOKafkaAdminClient, names: Iterable[str]) -> dict[str, str]:
    """Return the ids of those topics that exist and that this principal may see, written as Kafka's own tools write them.

    Empty where the brokers are older than topic ids.
    """
    try:
        answer = await admin._send_request(TopicIdsRequest(names))  # noqa: SLF001 - no public way leads to it
    except (IncompatibleBrokerVersion, NotImplementedError):
        return {}
    found = {name: topic_id for error, name, topic_id, *_ in answer.topics if not error}
    return {name: as_text(topic_id) for name, topic_id in found.items() if any(topic_id)}


def as_text(topic_id: bytes) -> str:
    """Return a topic id in base64 without padding, as `kafka-topics.sh --describe` prints it."""
    return base64.urlsafe_b64encode(topic_id).decode().rstrip("=")
