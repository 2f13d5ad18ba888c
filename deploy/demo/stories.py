"""Pure: the lives of messages and connections, told as a provider would, in the order things happened."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from deploy.demo.said import Failure, Reported, Shape
from deploy.demo.shapes import whole_second, words_for
from deploy.demo.sources import DemoSource

ABSURD_TIMES_MS: Final = (915_148_800_000, 4_102_444_800_000)
"""1999 and 2100, as a broken clock would say."""

FAILURES: Final = (
    ("error", Failure("media", "INVALID_MEDIA_TYPE", "Attachment type is not accepted.", "validation")),
    ("error", Failure("recipient_unreachable", "131026", "Undeliverable")),
    ("error", Failure("template", "132001", "Template does not exist")),
    ("error", Failure("unknown", "X-77", "Unexplained")),
    ("error", Failure("unknown")),
    ("expired", Failure("expired", "EXPIRED", "Validity period ended before delivery.", "delivery")),
    ("expired", Failure("expired")),
    ("number_not_found", Failure("recipient_not_found", "NUMBER_NOT_FOUND", "Recipient has no WhatsApp account.")),
    ("number_not_found", Failure("recipient_not_found")),
)
"""A failing status, what the provider says of it, and the category it must get."""

_CAMPAIGNS: Final = ("", "", "black-friday", "natal", "boas-vindas")
_REASONS: Final = ("device_unlinked", "banned", "")
_HAPPY: Final = ("queued", "created", "sent", "delivered", "read")


class Telling(NamedTuple):
    """One event told on one URL."""

    source: DemoSource
    said: Reported


@dataclass(slots=True)
class Teller:
    """Tells stories from a seeded source of randomness. Every id begins with the run's number."""

    rng: random.Random
    run: str
    sources: Sequence[DemoSource]
    start_ms: int
    """Around when the stories happen, UTC ms."""
    told: int = 0
    """Stories told so far."""
    events: int = 0
    """Events told so far: part of the provider's event ids."""

    def message(self, kind: str = "") -> list[Telling]:
        """Tell the life of one message: of the given kind (see `KINDS`), or of one chosen by weight."""
        kind = kind or self.rng.choices(list(KINDS), [weight for weight, _ in KINDS.values()])[0]
        return KINDS[kind][1](self)

    def connection_report(self) -> Telling:
        """Tell one thing about one of a source's few connections."""
        source = self.rng.choice(self.sources)
        shape = self._shape(source)
        statuses = [s for s in ("connected", "connected", "logout", "disconnected") if words_for(shape, s)]
        status = self.rng.choice(statuses)
        reported = Reported(
            shape=shape,
            status=status,
            word=self.rng.choice(words_for(shape, status)),
            connection_id=f"{self.run}-c{self.rng.randrange(6)}",
            at_ms=self._clock(shape, self.start_ms + self.rng.randrange(3_600_000)),
            reason="" if status == "connected" else self.rng.choice(_REASONS),
        )
        return Telling(source, self._with_event_id(reported))

    def begin(self) -> tuple[DemoSource, Reported]:
        """Return a source and what stays the same in all events of a new message."""
        self.told += 1
        source = self.rng.choice(self.sources)
        shape = self._shape(source)
        text, recipient, kind = self._recipient()
        return source, Reported(
            shape=shape,
            status="",
            word="",
            connection_id=f"{self.run}-c{self.rng.randrange(6)}",
            message_id=self._message_id(shape),
            recipient_text=text,
            recipient=recipient,
            recipient_kind=kind,
            client_ref=self.rng.choice(
                ("", f"pedido-{self.told}", f"pedido-{self.told}", f"pedido-{self.told // 4 * 4}")
            ),
            campaign=self.rng.choice(_CAMPAIGNS),
        )

    def tell(self, source: DemoSource, always: Reported, statuses: Sequence[str]) -> list[Telling]:
        """Tell a message's statuses, some seconds apart; the tracking id appears once it is created."""
        at_ms = self.start_ms + self.rng.randrange(3_600_000)
        names_events = self.rng.random() < 0.8  # noqa: PLR2004 - most providers' events have an id
        tellings = []
        for status in statuses:
            at_ms += self.rng.randrange(1_000, 90_000)
            failure = self.rng.choice([f for s, f in FAILURES if s == status] or [None])
            said = replace(
                always,
                status=status,
                word=self.rng.choice(words_for(always.shape, status)),
                at_ms=self._clock(always.shape, at_ms),
                tracking_id=always.tracking_id if status == "queued" else self._tracking_id(always),
                failure=failure,
            )
            tellings.append(Telling(source, self._with_event_id(said) if names_events else said))
        return tellings

    def _with_event_id(self, said: Reported) -> Reported:
        self.events += 1
        return replace(said, provider_event_id=f"{self.run}-e{self.events}")

    def _shape(self, source: DemoSource) -> Shape:
        shapes: tuple[Shape, ...] = ("nested", "portuguese", "epoch")
        return "renamed" if source.renamed else self.rng.choice(shapes)

    def _clock(self, shape: Shape, at_ms: int) -> int | None:
        """Return the time a body names: mostly the right one, rarely none or an absurd one."""
        chance = self.rng.random()
        if chance < 0.01:  # noqa: PLR2004 - one in a hundred
            return self.rng.choice(ABSURD_TIMES_MS)
        if chance < 0.03:  # noqa: PLR2004 - two in a hundred
            return None
        return at_ms - at_ms % 1000 if whole_second(shape) or self.rng.random() < 0.2 else at_ms  # noqa: PLR2004

    def _message_id(self, shape: Shape) -> str:
        if shape == "epoch" and self.rng.random() < 0.3:  # noqa: PLR2004 - some providers number their messages
            return f"{self.run}{self.told:06d}"
        return f"{self.run}-m{self.told}" + self.rng.choice(("", "", "", "/ação 😀"))

    def _tracking_id(self, always: Reported) -> str:
        return always.tracking_id or f"{self.run}-t{self.told}"

    def _recipient(self) -> tuple[str, str, str]:
        number = f"55009{self.rng.randrange(10**8):08d}"
        spaced = f"+55 (00) 9{number[5:9]}-{number[9:]}"
        return self.rng.choice(
            (
                (number, number, "phone"),
                (spaced, number, "phone"),
                (f"{number}@s.whatsapp.net", number, "phone"),
                (f"{number}:3@s.whatsapp.net", number, "phone"),
                (f"{number}@lid", number, "lid"),
                (f"BR.{number}", f"BR.{number}", "bsuid"),
                ("", "", ""),
            )
        )


def _happy(teller: Teller) -> list[Telling]:
    return teller.tell(*teller.begin(), _HAPPY)


def _incomplete(teller: Teller) -> list[Telling]:
    """Tell a message of which events are missing; `read` may come without `delivered`."""
    kept = [status for status in _HAPPY if teller.rng.random() < 0.6]  # noqa: PLR2004 - two in five missing
    return teller.tell(*teller.begin(), kept or ["read"])


def _failed(teller: Teller) -> list[Telling]:
    """Tell a message that failed, perhaps in two ways."""
    failures = teller.rng.sample(("error", "expired", "number_not_found"), teller.rng.choice((1, 1, 1, 2)))
    return teller.tell(*teller.begin(), ["queued", *teller.rng.choice(([], ["created"])), *failures])


def _conflicting(teller: Teller) -> list[Telling]:
    """Tell a message that failed and was delivered as well, in either order."""
    ending = [teller.rng.choice(("error", "expired")), *teller.rng.choice((["delivered"], ["delivered", "read"]))]
    teller.rng.shuffle(ending)
    return teller.tell(*teller.begin(), ["queued", "created", *ending])


def _mirrored(teller: Teller) -> list[Telling]:
    """Tell a message on every URL of its account."""
    source, always = teller.begin()
    tellings = teller.tell(source, always, _HAPPY)
    others = [s for s in teller.sources if s.account == source.account and s is not source]
    return [Telling(on, said) for _, said in tellings for on in (source, *others)]


def _group(teller: Teller, participants: int = 0) -> list[Telling]:
    """Tell a message to a group: each participant's device reports."""
    source, always = teller.begin()
    always = replace(always, recipient_text="120363000001@g.us", recipient="120363000001", recipient_kind="group")
    tellings = teller.tell(source, always, ("queued", "created"))
    for member in range(participants or teller.rng.randrange(2, 6)):
        named = replace(always, participant=f"55009{member:08d}")
        tellings += teller.tell(source, named, ("delivered", "read"))
    return tellings


def _crowd(teller: Teller) -> list[Telling]:
    """Tell a message with more events than its journal lists (64)."""
    return _group(teller, participants=40)


def _two_names(teller: Teller) -> list[Telling]:
    """Tell a message that the provider first calls by one id, then by both, then by its tracking id alone."""
    renamed = [source for source in teller.sources if source.renamed]
    if not renamed:
        return _happy(teller)
    _, always = teller.begin()
    always = replace(always, shape="renamed", message_id=f"{teller.run}-m{teller.told}")
    tracking_id = f"{teller.run}-t{teller.told}"
    by_id = teller.tell(renamed[0], always, ("queued", "created"))
    tracked = replace(always, message_id=tracking_id, tracking_id=tracking_id)
    return by_id + teller.tell(renamed[0], tracked, ("delivered", "read"))


KINDS: Final[dict[str, tuple[float, Callable[[Teller], list[Telling]]]]] = {
    "happy": (40, _happy),
    "incomplete": (20, _incomplete),
    "failed": (12, _failed),
    "conflicting": (5, _conflicting),
    "mirrored": (10, _mirrored),
    "group": (3, _group),
    "two_names": (4, _two_names),
    "crowd": (0.02, _crowd),
}
"""Kind of story → how often it occurs, and what makes it."""
