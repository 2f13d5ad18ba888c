"""One run: post, wait until the tables have caught up, compare everything."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from deploy.demo.attempts import Attempt, deliveries
from deploy.demo.compare_requests import compare_requests, requests_told
from deploy.demo.compare_tables import compare_tables, fingerprint
from deploy.demo.compare_topics import compare_topics
from deploy.demo.deployment import Deployment
from deploy.demo.difference import Difference
from deploy.demo.ledger import Ledger, reckon
from deploy.demo.match import match
from deploy.demo.post import post_traffic
from deploy.demo.read_tables import TableReader
from deploy.demo.read_topics import TopicReader
from deploy.demo.reconcile import compare_sends
from deploy.demo.sabotage import Sabotage
from deploy.demo.traffic import Traffic
from deploy.demo.truth import work_out

CONNECTIONS: Final = 32
"""Keep-alive connections that post at the same time."""


class Show(Protocol):
    """Receives how far a step is."""

    def __call__(self, step: str, done: int, of: int) -> None:
        """Take note that `done` of `of` are done in `step`."""
        ...


@dataclass(slots=True)
class Posted:
    """What was sent and answered, and when."""

    traffic: Traffic
    attempts: list[Attempt] = field(default_factory=list)
    began: float = 0.0
    """Monotonic seconds."""
    ended: float = 0.0


async def post_all(deployment: Deployment, traffic: Traffic, show: Show, sabotage: Sabotage | None = None) -> Posted:
    """Post the traffic and return every attempt."""
    really_sent, claimed = sabotage.swallow(traffic) if sabotage else (traffic, [])
    posted = Posted(traffic, claimed, time.monotonic())

    def told(attempt: Attempt) -> None:
        posted.attempts.append(attempt)
        show("posted", len(posted.attempts), len(traffic.order))

    await post_traffic(really_sent, deployment.url, CONNECTIONS, told)
    posted.ended = time.monotonic()
    return posted


async def settle(
    deployment: Deployment,
    topics: TopicReader,
    posted: Posted,
    *,
    deadline_s: float,
    show: Show,
    sabotage: Sabotage | None = None,
) -> Ledger:
    """Wait until the tables have caught up, at most for `deadline_s`, then compare everything.

    Args:
        deployment: where the traffic was posted.
        topics: a reader that was entered before the first post.
        posted: what was posted.
        deadline_s: after that long, what is missing is a difference.
        show: called with how far it is.
        sabotage: what to break before comparing.
    """
    traffic, attempts = posted.traffic, posted.attempts
    if sabotage:
        await sabotage.break_log(await topics.read_to_end(), deployment.kafka)
    tables = TableReader(deployment.clickhouse, deployment.generation, _only_run(deployment, traffic))
    try:
        least = _events_taken(traffic, attempts)
        await asyncio.to_thread(tables.wait_for_outcomes, least, deadline_s, lambda done, of: show("tables", done, of))
        seconds = time.monotonic() - posted.began
        in_time = await topics.wait_for_outcomes(deadline_s, lambda done, of: show("topics", done, of))
        in_time &= await topics.wait_for_requests(requests_told(attempts).least, deadline_s)
        matched = match(traffic, attempts, topics.observed.raw)
        truth = work_out(matched.records)
        if sabotage:
            await sabotage.break_topic(topics.observed, truth, deployment.kafka, deployment.generation)
            await topics.read_to_end()
        observed = topics.only_ours()
        in_time &= await asyncio.to_thread(tables.wait_for_states, fingerprint(observed), deadline_s if in_time else 0)
        if sabotage:
            sabotage.break_table(truth, deployment.clickhouse)
        ledger = reckon(attempts, matched, truth, observed)
        ledger.seconds, ledger.answered_s = seconds, posted.ended - posted.began
        ledger.differences = [
            *matched.differences,
            *compare_topics(truth, observed),
            *compare_requests(attempts, observed),
            *await asyncio.to_thread(compare_tables, tables, matched, truth, observed),
        ]
        if deployment.secrets_file and in_time and not sabotage:
            sends = await compare_sends(deployment, truth, show)
            ledger.sends, ledger.safe = sends.classes, sends.safe
            ledger.differences += sends.differences
        if not in_time and not sabotage:
            late = f"topics or tables had not caught up after {deadline_s:.0f} s"
            ledger.differences.append(Difference("deadline", "", late))
    finally:
        tables.close()
    return ledger


async def run_demo(
    deployment: Deployment, traffic: Traffic, deadline_s: float, show: Show, sabotage: Sabotage | None = None
) -> Ledger:
    """Post the traffic to a deployment and return the ledger."""
    only_run = _only_run(deployment, traffic)
    async with TopicReader(deployment.kafka, deployment.generation, only_run) as topics:
        posted = await post_all(deployment, traffic, show, sabotage)
        return await settle(deployment, topics, posted, deadline_s=deadline_s, show=show, sabotage=sabotage)


def _only_run(deployment: Deployment, traffic: Traffic) -> str | None:
    return traffic.run if deployment.is_shared else None


def _events_taken(traffic: Traffic, attempts: Sequence[Attempt]) -> int:
    """Return how many events must be in the log: those of posts answered 2xx."""
    possible = deliveries(traffic, attempts)
    return sum(possible[index].least * len(post.elements) for index, post in enumerate(traffic.posts))
