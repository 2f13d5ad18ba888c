"""Taking members out of a consumer group: what was theirs may then be moved, and a commit of theirs fails.

A static member (one with an instance id) stays in its group until its session times out, however it ended. aiokafka 0.14
asks to leave a group in versions that name one member; version 3 (Kafka 2.4, KIP-345) names several, of anybody's.
"""

from collections.abc import Sequence
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Int16, Int32, Schema, String

_TEXT: Final = String("utf-8")
_UNKNOWN_MEMBER: Final = 25


class LeaveGroupResponseV3(Response):  # type: ignore[misc]  # aiokafka has no types
    """What a broker answers."""

    API_KEY = 13
    API_VERSION = 3
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        ("members", Array(("member_id", _TEXT), ("group_instance_id", _TEXT), ("error_code", Int16))),
    )


class LeaveGroupRequestV3(RequestStruct):  # type: ignore[misc]  # aiokafka has no types
    """The request as it is sent."""

    API_KEY = 13
    API_VERSION = 3
    RESPONSE_TYPE = LeaveGroupResponseV3
    SCHEMA = Schema(("group", _TEXT), ("members", Array(("member_id", _TEXT), ("group_instance_id", _TEXT))))


class RemoveMembersRequest(Request[LeaveGroupRequestV3]):  # type: ignore[misc]  # aiokafka has no types
    """Asks that members leave a group."""

    API_KEY = 13

    def __init__(self, group: str, member_ids: Sequence[str]) -> None:
        self._group = group
        self._members = [(member_id, None) for member_id in member_ids]

    def build(self, request_struct_class: type[LeaveGroupRequestV3]) -> LeaveGroupRequestV3:
        """Return the request of the version that the broker speaks."""
        return request_struct_class(self._group, self._members)


async def remove_members(admin: AIOKafkaAdminClient, group: str) -> int:
    """Take all members out of a group; return how many there were. Raises the KafkaError that a broker answers."""
    members = []
    for response in await admin.describe_consumer_groups([group]):
        for error, _group, _state, _kind, _protocol, found, *_ in response.groups:
            if error:
                raise for_code(error)(f"group {group}")
            members += [member_id for member_id, *_ in found]
    if members:
        coordinator = await admin.find_coordinator(group)
        answer = await admin._send_request(RemoveMembersRequest(group, members), coordinator)  # noqa: SLF001 - as above
        codes = [answer.error_code, *(code for *_, code in answer.members)]
        for code in codes:
            if code not in (0, _UNKNOWN_MEMBER):
                raise for_code(code)(f"group {group}")
    return len(members)
