"""What a provider is to Recibo: how its bodies are split and understood, what it answers and reports."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, Protocol

from schemas.event import Normalized
from schemas.providers.mapping import FieldMapping
from schemas.providers.sample import Sample
from schemas.record import SourceContext

SUBJECT_LENGTH_MAX = 512
"""Characters of a message or connection id; a longer one is not taken for an id."""

PARTS_MAX = 10_000
"""Events taken out of one body (Meta sends 1,000 at most). A body with more is kept whole and is unmapped."""

NOBODY = SourceContext("", "", "")
"""The source of a body that is read only for its key."""

OWN_SIGNATURE: Final[Mapping[str, str]] = {
    "kind": "hmac",
    "header": "X-Recibo-Signature",
    "algorithm": "sha256",
    "encoding": "hex",
    "prefix": "sha256=",
}
"""The authentication that Recibo proposes to a provider that has no way of its own."""

Reporting = Literal["reported", "never", "ambiguous"]


class Part(NamedTuple):
    """One event of a body, before it is understood."""

    subject: str | None
    """Message id, else connection id; None where neither can be read (the record is then keyed by request id)."""
    body: bytes


class Enveloped(NamedTuple):
    """A request whose headers had a part of the event, as one that has all of it in its body."""

    body: bytes
    headers: Sequence[tuple[bytes, bytes]]
    """What is left of them, as one would send them with this body."""


class Parser(Protocol):
    """A provider's reading of bodies. Pure: the same bytes give the same answer; neither method ever raises."""

    def split(self, body: bytes, content_type: str) -> Sequence[Part]:
        """Return the events of a body, at least one, at most PARTS_MAX. A body with one event is returned verbatim."""
        ...

    def normalize(self, body: bytes, context: SourceContext, received_at_ms: int) -> Normalized:
        """Return what one part says: an event, something that is no status, or why it is not understood."""
        ...


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider as one table row; see `schemas.providers.PROVIDERS`."""

    name: str
    title: str
    parser: Callable[[FieldMapping | None], Parser]
    """Makes the parser, given the source's own field mapping (None: the provider's default)."""
    mapping: FieldMapping | None = None
    """The default mapping, on which a source's own is merged; None where the shape is fixed: a source's own mapping
    (merged on `mapping.EMPTY`) is then asked for what the provider's own reading does not understand."""
    sample: Sample | None = None
    """The shape of its bodies as they are written; None where a mapping is the shape."""
    answer: int = 204
    """Status of a taken request: 204, or 200 where the provider retries everything else."""
    content_types: tuple[str, ...] = ("application/json",)
    authentication: Mapping[str, str] = field(default_factory=dict)
    """What `source add` writes for it, e.g. {"kind": "hmac", "header": "X-Hub-Signature-256", …}."""
    signs_with_own_secret: bool = False
    """The secret is the provider's (Meta's app secret), so `source add` asks for it instead of making one."""
    setup: tuple[str, ...] = ()
    """What a person does at the provider, step by step; `{url}`, `{secret}` and `{verify_token}` are filled in (replaced).
    The further lines of a step are to be copied as they are."""
    reports: Mapping[str, Reporting] = field(default_factory=dict)
    """For each status, whether the provider ever reports it; a missing one is `ambiguous`."""
    redact: Callable[[bytes], bytes] | None = None
    """Takes credentials out of a verified body, before anything is stored. Bytes with nothing to redact come back
    verbatim; the rest of a body keeps its bytes."""
    appends_event: bool = False
    """Whether it may append an event's name to the URL that it was given (`/messages-update`)."""
    envelope: Callable[[Sequence[tuple[bytes, bytes]], bytes], "Enveloped | None"] | None = None
    """For a provider that may put a part of an event into HTTP headers: (headers, verified body) → the whole event; None
    where the headers have nothing of it."""
    challenge: Callable[[Mapping[str, str], str], str | None] | None = None
    """For a provider that verifies a URL by GET: (query, verify token) → the body to answer, or None to refuse."""
