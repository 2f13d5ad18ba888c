"""What a webhook URL receives that is no event: other notices, and bodies that nobody can read."""

from typing import Final

from deploy.demo.said import NoStatus, Unreadable

NO_STATUS: Final = (
    NoStatus("inbound_message", '{"event":"message_received","text":"oi","demo":"{mark}"}'),
    NoStatus("inbound_message", '{"evento":"Mensagem recebida","texto":"bom dia","demo":"{mark}"}'),
    NoStatus("template_notice", '{"event":"template_status","name":"promo","demo":"{mark}"}'),
    NoStatus("presence", '{"type":"typing","connection":{"id":"c"},"demo":"{mark}"}'),
    NoStatus("test", '{"event":"ping","demo":"{mark}"}'),
)
"""Authentic, and no status."""

UNREADABLE: Final = (
    Unreadable('{"event":"teleported","message":{"id":"x"},"demo":"{mark}"}', embeddable=True),
    Unreadable('{"event":"delivered","demo":"{mark}"}', embeddable=True),
    Unreadable('{"event":"logout","demo":"{mark}"}', embeddable=True),
    Unreadable('{"demo":"{mark}"}', embeddable=True),
    Unreadable('"{mark}"', embeddable=True),
    Unreadable('{"event":"delivered","message":{"id":"cut off {mark}'),
    Unreadable("isto não é JSON: {mark}"),
    Unreadable("event=delivered&demo={mark}"),
    Unreadable("\N{ZERO WIDTH NO-BREAK SPACE}<xml>{mark}</xml>"),
    Unreadable('{"demo":"{mark}","depth":' + "[" * 5_000 + "]" * 5_000 + "}"),
    Unreadable('{"event":"delivered","message":{"id":"\\ud8"},"demo":"{mark}"}'),
    Unreadable("NaN {mark}"),
)
"""Kept, and set aside as `unmapped`."""
