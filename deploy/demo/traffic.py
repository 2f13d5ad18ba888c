"""Pure: from a seed to what is posted: elements, the bodies that carry them, and the order they are sent in."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from deploy.demo.noise import NO_STATUS, UNREADABLE
from deploy.demo.said import Reported, Said, Unreadable
from deploy.demo.shapes import compact, render
from deploy.demo.sources import DemoSource
from deploy.demo.stories import KINDS, Teller, Telling

MARK: Final = re.compile(rb"demo:(\d+)-(\d+);")
"""Every element carries its mark, so that its bytes are known again wherever they turn up."""

_BATCH_MAX: Final = 20
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Element:
    """One thing said in one body: an event reported once, a notice, or nonsense."""

    number: int
    said: Said


@dataclass(slots=True)
class Post:
    """One body for one URL. The same post may be sent several times."""

    source: DemoSource
    body: bytes
    elements: tuple[Element, ...]
    refusal: int | None = None
    """The status that must refuse it; None where it must be taken."""
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def request(self) -> tuple[str, dict[str, str]]:
        """Return the path and headers it is posted with: its source's own, unless it is one to be refused."""
        if self.refusal is not None:
            return self.path, self.headers
        return self.source.path(), {"Content-Type": _JSON, **self.source.proof_headers(self.body)}

    @property
    def kind(self) -> str:
        """Return which raw record holds its bytes verbatim: `single` or `batch`."""
        return "single" if len(self.elements) == 1 else "batch"


@dataclass(frozen=True, slots=True)
class Traffic:
    """All that is said, and in which order it is posted."""

    run: str
    """Digits that begin every id of this traffic."""
    elements: tuple[Element, ...]
    posts: tuple[Post, ...]
    order: tuple[int, ...]
    """Indexes into `posts`, as sent; an index that comes again is a repeat of the same bytes."""

    def events(self) -> int:
        """Return how many elements are sent in posts that must be taken, repeats included."""
        return sum(len(self.posts[i].elements) for i in self.order if self.posts[i].refusal is None)


def generate(seed: int, events: int, sources: Sequence[DemoSource], run: str, start_ms: int) -> Traffic:
    """Return traffic of exactly `events` events (elements sent, repeats included), and some refused posts.

    Args:
        seed: the same seed and arguments give the same traffic.
        events: at least 100, so that everything worth sending is in it.
        sources: the sources to post to.
        run: digits that begin every id.
        start_ms: around when the stories happen, UTC ms.

    Raises:
        ValueError: `events` is too small.
    """
    if events < 100:  # noqa: PLR2004 - one of each kind of story is about this much
        raise ValueError(f"events={events}: at least 100, so that every kind of traffic is in it")
    rng = random.Random(seed)
    teller = Teller(rng, run, sources, start_ms)
    said = _deliveries(teller, int(events * 0.88))
    posts = list(_posts(rng, run, said))
    order = _order(rng, posts, events)
    elements = [element for post in posts for element in post.elements]
    assert [element.number for element in elements] == list(range(len(elements))), "marks are element numbers"
    refused = [_refused(rng, rng.choice(posts)) for _ in range(max(4, events // 500))]
    for post in refused:
        order.insert(rng.randrange(len(order)), len(posts))
        posts.append(post)
    return Traffic(run, tuple(elements), tuple(posts), tuple(order))


def _deliveries(teller: Teller, count: int) -> list[tuple[DemoSource, Said]]:
    """Return `count` things said, in the order they reach the provider's sender: mostly as they happened."""
    rng = teller.rng
    kinds = [kind for kind in KINDS if kind != "crowd"] + ["crowd"] * (count >= 1_000)  # noqa: PLR2004
    noise: list[Said] = [*NO_STATUS, *UNREADABLE] if count >= 160 else []  # noqa: PLR2004 - each once, where there is room
    placed: list[tuple[float, DemoSource, Said]] = [(rng.random(), rng.choice(teller.sources), n) for n in noise]
    while len(placed) < count:
        chance = rng.random()
        if chance < 0.02:  # noqa: PLR2004 - two stories in a hundred are noise
            placed.append((rng.random(), rng.choice(teller.sources), _noise(rng)))
        elif chance < 0.05:  # noqa: PLR2004 - three are about a connection
            placed.extend(_place(rng, [teller.connection_report()]))
        else:
            placed.extend(_place(rng, teller.message(kinds.pop() if kinds else "")))
    placed.sort(key=lambda delivery: delivery[0])
    return [(source, said) for _, source, said in placed[:count]]


def _place(rng: random.Random, story: list[Telling]) -> Iterator[tuple[float, DemoSource, Said]]:
    """Place a story's events on the line from 0 to 1: in order, shuffled, or late; some are reported twice."""
    start = rng.random() * 0.95
    shuffled = rng.random() < 0.25  # noqa: PLR2004 - a quarter comes in any order
    for number, (source, said) in enumerate(story):
        at = start + (rng.random() * 0.01 if shuffled else number * 0.0005)
        if rng.random() < 0.02:  # noqa: PLR2004 - two in a hundred come last of all
            at = 0.95 + rng.random() * 0.05
        for _ in range(rng.choices((1, 2, 3, 8), (90, 7, 2.5, 0.5))[0]):
            yield at, source, said
            at += rng.random() * 0.02


def _noise(rng: random.Random) -> Said:
    return rng.choice(NO_STATUS) if rng.random() < 0.6 else rng.choice(UNREADABLE)  # noqa: PLR2004


def _posts(rng: random.Random, run: str, deliveries: Sequence[tuple[DemoSource, Said]]) -> Iterator[Post]:
    """Put deliveries into bodies: mostly one each, now and then up to 20 of one URL in one array."""
    number = 0
    gathering: dict[str, tuple[DemoSource, int, list[Said]]] = {}
    for source, said in deliveries:
        if _may_stand_in_array(said):
            _, wanted, gathered = gathering.pop(source.name, (source, _batch_size(rng), []))
        else:
            wanted, gathered = 1, []
        gathered.append(said)
        if len(gathered) < wanted:
            gathering[source.name] = (source, wanted, gathered)
            continue
        yield _post(rng, run, source, number, gathered)
        number += len(gathered)
    for source, _, gathered in gathering.values():
        yield _post(rng, run, source, number, gathered)
        number += len(gathered)


def _batch_size(rng: random.Random) -> int:
    return rng.randrange(2, _BATCH_MAX + 1) if rng.random() < 0.03 else 1  # noqa: PLR2004 - three bodies in a hundred


def _post(rng: random.Random, run: str, source: DemoSource, number: int, said: Sequence[Said]) -> Post:
    elements = tuple(Element(number + place, one) for place, one in enumerate(said))
    return Post(source, _body(rng, run, elements), elements)


def _may_stand_in_array(said: Said) -> bool:
    return not isinstance(said, Unreadable) or said.embeddable


def _text(run: str, element: Element) -> bytes:
    mark = f"demo:{run}-{element.number};"
    said = element.said
    if isinstance(said, Reported):
        return compact(render(said, mark))
    return said.text.replace("{mark}", mark).encode()


def _body(rng: random.Random, run: str, elements: tuple[Element, ...]) -> bytes:
    texts = [_text(run, element) for element in elements]
    alone = len(texts) == 1
    if alone and (not isinstance(elements[0].said, Reported) or rng.random() < 0.95):  # noqa: PLR2004
        return texts[0]
    array = b"[" + b",".join(texts) + b"]"
    name = rng.choice((None, b"events", b"eventos"))
    if name is None or not texts[0].startswith(b"{"):
        return array
    return b'{"lote":%d,"%s":%s,"total":%d}' % (elements[0].number, name, array, len(texts))


def _order(rng: random.Random, posts: Sequence[Post], events: int) -> list[int]:
    """Return the order of sending: each post once, and repeats, soon or much later, until there are `events`."""
    total = sum(len(post.elements) for post in posts)
    places: list[tuple[float, int]] = [(float(index), index) for index in range(len(posts))]
    while total < events:
        index = rng.randrange(len(posts))
        if total + len(posts[index].elements) > events:
            continue
        total += len(posts[index].elements)
        later = rng.random() * (20 if rng.random() < 0.5 else len(posts))  # noqa: PLR2004 - half of them at once
        places.append((index + later, index))
    return [index for _, index in sorted(places)]


def _refused(rng: random.Random, post: Post) -> Post:
    """Return a post that must be refused at the door, and leave no trace in the log."""
    forged = Post(post.source, post.body, (), headers={"Content-Type": _JSON})
    way = rng.choice(("proof", "source", "type"))
    if way == "source":
        forged.refusal, forged.path = 404, "/v1/webhooks/nobody-registered-this"
    elif way == "type":
        forged.refusal, forged.headers = 415, {"Content-Type": "image/png", **post.source.proof_headers(post.body)}
        forged.path = post.source.path()
    elif post.source.proof == "path":
        forged.refusal, forged.path = 401, f"/v1/webhooks/{post.source.name}/wrong-secret"
    elif post.source.proof == "none":
        forged.refusal, forged.path = 404, "/v1/webhooks/nobody-registered-this"
    else:
        forged.refusal, forged.path = 401, post.source.path()
        forged.headers |= dict(post.source.proof_headers(post.body + b" ")) if post.source.proof == "hmac" else {}
    return forged
