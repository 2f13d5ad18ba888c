"""CloudEvents 1.0 in JSON, one or a batch: the envelope names the event and its time, a mapping reads `data`.

Source: cloudevents/spec, JSON event format (structured and batched mode). The default reads what Recibo itself
writes to `message.events`, so one Recibo can feed another. A request in binary mode is put into structured mode by
`schemas.providers.cloudevents_binary` before it is stored.
"""

from typing import Final

from schemas.providers.cloudevents_binary import enveloped
from schemas.providers.mapped import MappedParser
from schemas.providers.mapping import EXTRA_FIELDS, FIELDS, FieldMapping
from schemas.providers.paths import path_of
from schemas.providers.provider import Provider
from schemas.status import RANK, ConnectionStatus

_PATHS: Final[dict[str, tuple[str, ...]]] = {
    "message_id": ("data.message_id", "data.messageId", "data.id", "subject"),
    "tracking_id": ("data.tracking_id", "data.wamid"),
    "event_id": ("id",),
    "status": ("data.status", "data.event", "type"),
    "time": ("time", "data.occurred_at"),
    "connection_id": ("data.connection_id", "data.connectionId", "source"),
    "error_code": ("data.error.code", "data.error_code"),
    "error_title": ("data.error.title", "data.error.message"),
    "error_detail": ("data.error.detail",),
}

DEFAULT: Final = FieldMapping(
    paths={
        name: tuple(path_of(dotted) for dotted in _PATHS.get(name, (f"data.{name}",)))
        for name in FIELDS
        if name not in EXTRA_FIELDS
    },
    words={name: name for name in (*RANK, *ConnectionStatus)},
)

PROVIDER: Final = Provider(
    name="cloudevents",
    title="CloudEvents",
    parser=lambda mapping: MappedParser(mapping or DEFAULT),
    mapping=DEFAULT,
    content_types=("application/cloudevents+json", "application/cloudevents-batch+json", "application/json"),
    authentication={"kind": "standard_webhooks"},
    setup=(
        "Send CloudEvents in JSON to {url}: structured, batched, or in binary mode (attributes as headers ce-…, JSON data).",
        "Sign as Standard Webhooks does (webhook-id, webhook-timestamp, webhook-signature) with the secret {secret}.",
        "The signature covers the body alone: structured mode is the one in which the event's attributes are signed too.",
    ),
    envelope=enveloped,
)
