"""A send: what a sender, a provider's panel or an invoice says was sent. A value of `message.sends`, a row of `message_send`.

Several sends of one message are as many rows: what they come to is for reconciliation to say. Message texts have no place here.
"""

from typing import Annotated, Final, Literal, get_args

import msgspec
from msgspec import Meta

from schemas.status import RANK

Role = Literal["sender", "provider", "invoice"]
"""Who says it: who sent the messages, the provider's panel (its export), or the provider's invoice."""
ROLES: Final[tuple[str, ...]] = get_args(Role)

TEXT_CHARS_MAX: Final = 512
TAGS_MAX: Final = 8
TAG_CHARS_MAX: Final = 256
AT_MS_MAX: Final = 4_102_444_800_000
"""2100-01-01, UTC ms: what is later is no time that somebody means."""
QUANTITY_MAX: Final = 2**32 - 1
AMOUNT_MICROS_MAX: Final = 2**63 - 1

Text = Annotated[str, Meta(max_length=TEXT_CHARS_MAX)]
Name = Annotated[str, Meta(min_length=1, max_length=TEXT_CHARS_MAX)]
Tags = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=TAG_CHARS_MAX)], Annotated[str, Meta(max_length=TAG_CHARS_MAX)]],
    Meta(max_length=TAGS_MAX),
]


class Send(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of a manifest. Of those of one (account, manifest, row) the one of the greatest version counts.

    Raises msgspec.ValidationError when it is decoded from what is none.
    """

    account: Name
    manifest: Name
    """What it belongs to: the SHA-256 (hex) of a file, `key:` and an idempotency key, `table:` and a table's name, or a
    CloudEvents source."""
    row: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    """Its number in the manifest. Of a file: as a spreadsheet shows it, a header being row 1."""
    role: Role
    version: Annotated[int, Meta(ge=0, le=AT_MS_MAX)]
    """When this was said, UTC ms."""
    is_deleted: bool = False
    message_id: Text = ""
    reference: Text = ""
    """The sender's own id of the message: `client_ref` of messages."""
    recipient: Text = ""
    """As messages have it: a number's digits without `+`, or another identity."""
    recipient_kind: Annotated[str, Meta(max_length=16)] = ""
    """As in `schemas/identity.py`; "" where it is none that is known."""
    line: Text = ""
    """The recipient's number in canonical form, with `+`; "" where it is none, or can be several."""
    connection_id: Text = ""
    campaign: Text = ""
    template: Text = ""
    provider: Text = ""
    sent_at_ms: Annotated[int, Meta(ge=0, le=AT_MS_MAX)] | None = None
    """When, UTC ms; None where it is not said."""
    status: Annotated[str, Meta(max_length=32)] = ""
    """What it says became of the message, in the words of `schemas/status.py`; "" where it says nothing that is known."""
    status_text: Text = ""
    """Its own word for that."""
    amount_micros: Annotated[int, Meta(ge=-AMOUNT_MICROS_MAX, le=AMOUNT_MICROS_MAX)] | None = None
    """What it cost, in millionths of the currency; None where it is not said."""
    currency: Annotated[str, Meta(pattern="^([A-Z]{3})?$")] = ""
    """ISO 4217."""
    category: Text = ""
    """Pricing category, in the words of messages: `marketing`, `utility`, ..."""
    country: Annotated[str, Meta(pattern="^([A-Z]{2})?$")] = ""
    """ISO 3166-1 alpha-2."""
    quantity: Annotated[int, Meta(ge=0, le=QUANTITY_MAX)] = 1
    """How many messages it counts: more than one only on an invoice."""
    period: Annotated[str, Meta(pattern="^([0-9]{4}-[0-9]{2}(-[0-9]{2})?)?$")] = ""
    """Of an invoice's line that counts several messages: its day (`2026-11-28`) or month (`2026-11`); "" for one message."""
    tags: Tags = {}
    """What else the sender wants to find messages by (`order_id`, `label`): name to text."""

    def __post_init__(self) -> None:
        """Raise ValueError for a status that is none of ours."""
        if self.status and self.status not in RANK:
            raise ValueError(f"`{self.status}` is no status: one of {', '.join(RANK)}")


def send_key(send: Send) -> bytes:
    """Return the key of a send in `message.sends`: versions of one row keep their order."""
    return f"{send.account}/{send.manifest}/{send.row}".encode()


encode = msgspec.json.Encoder().encode
"""Returns a send as a value of `message.sends`."""
decode = msgspec.json.Decoder(Send).decode
"""Reads one. Raises msgspec.ValidationError or msgspec.DecodeError."""
