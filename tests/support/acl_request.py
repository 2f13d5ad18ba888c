"""Granting on a broker what `kafka-acls` commands say, without Java: the request that aiokafka does not have."""

import argparse
import shlex
from collections.abc import Iterator
from typing import Any

from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Int8, Int16, Int32, Schema, String

from runtime.kafka.clients import make_admin
from runtime.kafka.settings import KafkaSettings

_KINDS = {"topic": 2, "group": 3}
_PATTERNS = {"literal": 3, "prefixed": 4}
_OPERATIONS = {
    "Read": 3,
    "Write": 4,
    "Create": 5,
    "Delete": 6,
    "Describe": 8,
    "DescribeConfigs": 10,
    "AlterConfigs": 11,
}
_ALLOW = 3


class _CreateAclsResponse(Response):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = 30
    API_VERSION = 1
    SCHEMA = Schema(
        ("throttle_time_ms", Int32), ("results", Array(("error_code", Int16), ("error_message", String("utf-8"))))
    )


class _CreateAclsRequestV1(RequestStruct):  # type: ignore[misc]  # as above
    API_KEY = 30
    API_VERSION = 1
    RESPONSE_TYPE = _CreateAclsResponse
    SCHEMA = Schema(
        (
            "creations",
            Array(
                ("resource_type", Int8),
                ("resource_name", String("utf-8")),
                ("pattern_type", Int8),
                ("principal", String("utf-8")),
                ("host", String("utf-8")),
                ("operation", Int8),
                ("permission_type", Int8),
            ),
        )
    )


class _CreateAclsRequest(Request[_CreateAclsRequestV1]):  # type: ignore[misc]  # as above
    API_KEY = 30

    def __init__(self, creations: list[tuple[Any, ...]]) -> None:
        self._creations = creations

    def build(self, request_struct_class: type[Any]) -> Any:
        """Return the request as the broker's version has it."""
        return request_struct_class(self._creations)


async def run_acl_commands(kafka: KafkaSettings, commands: str) -> None:
    """Do what `kafka-acls` commands would, one a line; lines that begin with # say nothing."""
    lines = [line for line in commands.splitlines() if not line.startswith("#")]
    admin = make_admin(kafka, "test")
    await admin.start()
    try:
        response = await admin._send_to_controller(_CreateAclsRequest([c for line in lines for c in _creations(line)]))
        assert not [result for result in response.results if result[0]], response
    finally:
        await admin.close()


def _creations(line: str) -> Iterator[tuple[Any, ...]]:
    program, *words = shlex.split(line)
    assert program == "kafka-acls.sh"
    parser = argparse.ArgumentParser()
    parser.add_argument("--bootstrap-server", required=True)
    parser.add_argument("--add", action="store_true", required=True)
    parser.add_argument("--allow-principal", required=True)
    parser.add_argument("--operation", action="append", required=True)
    parser.add_argument("--topic")
    parser.add_argument("--group")
    parser.add_argument("--resource-pattern-type", required=True)
    said = parser.parse_args(words)
    kind = "topic" if said.topic else "group"
    for operation in said.operation:
        pattern = _PATTERNS[said.resource_pattern_type]
        yield _KINDS[kind], getattr(said, kind), pattern, said.allow_principal, "*", _OPERATIONS[operation], _ALLOW
