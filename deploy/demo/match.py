"""Pure: holds the raw log to what was posted: every taken body is there, as often as it was taken, byte for byte."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from deploy.demo.attempts import Attempt, Range, deliveries
from deploy.demo.difference import Difference
from deploy.demo.observed import RawRecord
from deploy.demo.said import Reported
from deploy.demo.traffic import MARK, Element, Post, Traffic

_RAW = "webhook.raw"


@dataclass(slots=True)
class Matched:
    """The raw log, each record with the element and the post it carries."""

    records: list[tuple[RawRecord, Element, Post]] = field(default_factory=list)
    """Records to be processed: singles and parts."""
    batches: list[tuple[RawRecord, Post]] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    def deliveries_told(self) -> int:
        """Return how many things arrived: distinct (request id, index); our own second copies do not count."""
        return len({(record.request_id, record.index) for record, _, _ in self.records})


def match(traffic: Traffic, attempts: Sequence[Attempt], raw: Sequence[RawRecord]) -> Matched:
    """Return the raw log's records with what they carry, and where the log contradicts what was posted."""
    matched = Matched()
    posts = {element.number: index for index, post in enumerate(traffic.posts) for element in post.elements}
    whole: dict[int, set[str]] = defaultdict(set)
    copies: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for record in raw:
        mark = MARK.search(record.value)
        number = int(mark[2]) if mark and mark[1].decode() == traffic.run else -1
        if number not in posts:
            matched.differences.append(Difference(_RAW, _where(record), f"never posted: {record.value[:200]!r}"))
            continue
        index = posts[number]
        post, element = traffic.posts[index], traffic.elements[number]
        matched.differences += _differences_of(record, element, post)
        if record.kind != "part":
            whole[index].add(record.request_id)
        if record.kind == "batch":
            matched.batches.append((record, post))
        else:
            copies[number].add((record.request_id, record.index))
            matched.records.append((record, element, post))
    possible = deliveries(traffic, attempts)
    for index, post in enumerate(traffic.posts):
        if post.refusal is None:
            matched.differences += _miscounted(post, possible[index], whole[index], copies)
    matched.differences += _misanswered(traffic, attempts)
    return matched


def _miscounted(
    post: Post, possible: Range, whole: set[str], copies: dict[int, set[tuple[str, int]]]
) -> list[Difference]:
    found = []
    if not possible.holds(len(whole)):
        what = f"the {post.kind} body was taken {possible} times and is there {len(whole)} times"
        found.append(Difference(_RAW, subject_of(post.elements[0], post), what))
    for element in post.elements:
        count = len(copies[element.number])
        if not possible.holds(count):
            what = f"was taken {possible} times and is there {count} times"
            found.append(Difference(_RAW, subject_of(element, post), f"{_name(element)} {what}"))
    return found


def _differences_of(record: RawRecord, element: Element, post: Post) -> list[Difference]:
    """Return what is wrong with one raw record in itself: bytes, source, key, kind."""
    wrong = []
    kinds = {"single"} if post.kind == "single" else {"batch", "part"}
    if record.kind not in kinds:
        wrong.append(f"its kind is {record.kind}, not {' or '.join(sorted(kinds))}")
    if record.kind != "part" and record.value != post.body:
        wrong.append(f"the bytes are not those posted: {record.value[:200]!r}")
    if record.kind == "part" and len(MARK.findall(record.value)) != 1:
        wrong.append("a part carries more than one event")
    expected_index = {"single": 0, "batch": -1}.get(record.kind, element.number - post.elements[0].number)
    if record.index != expected_index:
        wrong.append(f"its index is {record.index}, not {expected_index}")
    if (record.source, record.account) != (post.source.name, post.source.account):
        wrong.append(f"it is said to be from {record.source} of {record.account}, and was posted to {post.source.name}")
    return [Difference(_RAW, f"{subject_of(element, post)} at {_where(record)}", what) for what in wrong]


def _misanswered(traffic: Traffic, attempts: Sequence[Attempt]) -> list[Difference]:
    """Return the answers that contradict the contract; 429 and 5xx are answers that anyone may have to give."""
    wrong: Counter[tuple[int, int, str]] = Counter()
    for attempt in attempts:
        post = traffic.posts[attempt.post]
        right = attempt.taken if post.refusal is None else attempt.status == post.refusal
        if not (right or attempt.uncertain or attempt.status == 429):  # noqa: PLR2004 - Too Many Requests
            wanted = "2xx" if post.refusal is None else str(post.refusal)
            wrong[attempt.post, attempt.status or 0, wanted] += 1
    differences = []
    for (index, status, wanted), count in wrong.items():
        post = traffic.posts[index]
        mark = subject_of(post.elements[0], post) if post.elements else f"{post.source.name}: {post.body[:80]!r}"
        differences.append(Difference("answer", mark, f"{status} instead of {wanted}, {count} times"))
    return differences


def subject_of(element: Element, post: Post) -> str:
    """Return what to look up: `account/message id` or `account/connection id`, else the element's number."""
    said = element.said
    subject = said.subject if isinstance(said, Reported) else f"element {element.number}"
    return f"{post.source.account}/{subject}"


def _name(element: Element) -> str:
    return f"element {element.number} ({getattr(element.said, 'status', type(element.said).__name__)})"


def _where(record: RawRecord) -> str:
    return f"{record.at.partition}:{record.at.offset}"
