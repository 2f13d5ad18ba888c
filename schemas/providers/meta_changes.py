"""The envelope of Meta's webhooks: entries, changes, and the arrays inside them, taken apart in linear time."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from schemas.providers.provider import PARTS_MAX, Part
from schemas.providers.reading import array_of, dump, load, object_of, prose_of, text_of

_NOTICES: Final = {
    "message_template_status_update": "template_notice",
    "message_template_quality_update": "template_notice",
    "message_template_components_update": "template_notice",
    "template_category_update": "template_notice",
    "phone_number_quality_update": "quality_notice",
    "phone_number_name_update": "account_notice",
    "account_alerts": "account_notice",
    "account_review_update": "account_notice",
    "account_settings_update": "account_notice",
    "account_update": "account_notice",
    "business_capability_update": "account_notice",
    "business_status_update": "account_notice",
    "partner_solutions": "account_notice",
    "payment_configuration_update": "account_notice",
    "security": "account_notice",
    "calls": "call",
    "flows": "flow_notice",
    "history": "history",
    "message_echoes": "outbound_echo",
    "smb_message_echoes": "outbound_echo",
    "smb_app_state_sync": "contact",
    "user_preferences": "preference",
    "user_id_update": "contact",
    "group_lifecycle_update": "group",
    "group_participants_update": "group",
    "group_settings_update": "group",
    "group_status_update": "group",
    "automatic_events": "conversion",
    "tracking_events": "conversion",
}
"""Webhook fields that carry no message status → kind. A field that is not listed here is unmapped, not ignored."""

_ARRAYS: Final = {"statuses": "", "messages": "inbound_message", "errors": "account_error"}
"""Arrays of a `messages` change → kind of what is no status."""

_METADATA_BYTES_MAX: Final = 1_024

Items = list[tuple[str, Any]]
"""(array's name, element) of a change."""


def changes(document: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return (WhatsApp Business Account id, change) of every change of a body."""
    for entry in array_of(object_of(document).get("entry")):
        account_id = text_of(object_of(entry).get("id"))
        for change in array_of(object_of(entry).get("changes")):
            yield account_id, object_of(change)


def items(change: dict[str, Any]) -> Items:
    """Return every element of a change about messages; nothing for any other change."""
    if change.get("field", "messages") != "messages":
        return []
    value = object_of(change.get("value"))
    return [(name, element) for name in _ARRAYS for element in array_of(value.get(name))]


def kind_of(change: dict[str, Any], found: Items) -> str:
    """Return the kind of a change that holds no status; "" where it is not known."""
    return _ARRAYS[found[0][0]] if found else _NOTICES.get(text_of(change.get("field")), "")


def phone_number_id(change: dict[str, Any]) -> str:
    """Return the id of the business's number: the connection."""
    return text_of(object_of(object_of(change.get("value")).get("metadata")).get("phone_number_id"))


def split(body: bytes, subject: Callable[[Any], str | None]) -> list[Part]:
    """Return the events of a body: each status, each inbound message, and each change that holds neither.

    Linear in the body: one dump of each element, one envelope of each array.

    Args:
        body: the body.
        subject: the message id of a status.
    """
    document = load(body)
    found = [(account_id, change, items(change)) for account_id, change in changes(document)]
    count = sum(len(elements) or 1 for _, _, elements in found)
    if count == 1:
        elements = found[0][2]
        is_status = bool(elements) and elements[0][0] == "statuses"
        return [Part(subject(elements[0][1]) if is_status else None, body)]
    if not 1 < count <= PARTS_MAX:
        return [Part(None, body)]
    kind = text_of(document.get("object"))
    return [part for change in found for part in _parts(kind, *change, subject)]


def _parts(
    kind: str, account_id: str, change: dict[str, Any], elements: Items, subject: Callable[[Any], str | None]
) -> Iterator[Part]:
    if not elements:
        yield Part(None, dump({"object": kind, "entry": [{"id": account_id, "changes": [change]}]}))
        return
    around = {name: _around(kind, account_id, change, name) for name in _ARRAYS}
    for name, element in elements:
        before, after = around[name]
        key = subject(element) if name == "statuses" else None
        yield Part(key, before + dump(element) + after)


def _around(kind: str, account_id: str, change: dict[str, Any], name: str) -> tuple[bytes, bytes]:
    """Return what stands before and after one element of the array `name`: the connection, and little else.

    Contacts and whatever else surrounds the array are left out, so that a part does not grow with its body.
    """
    metadata = dump(object_of(object_of(change.get("value")).get("metadata")))
    if len(metadata) > _METADATA_BYTES_MAX:
        metadata = dump({"phone_number_id": phone_number_id(change)})
    head = b'{"object":%b,"entry":[{"id":%b,"changes":[{"field":"messages","value":{"metadata":%b,"%b":['
    return head % (dump(kind), dump(account_id), metadata, name.encode()), b"]}}]}]}"


def errors(status: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return (code, title, detail) of each entry of a status's `errors`; titles go, so the message stands in for one."""
    return [
        (
            text_of(one.get("code")),
            prose_of(one.get("title")) or prose_of(one.get("message")),
            prose_of(object_of(one.get("error_data")).get("details")),
        )
        for one in map(object_of, array_of(status.get("errors")))
        if one
    ]
