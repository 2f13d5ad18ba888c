"""What each process may do on the cluster, and the commands that grant it. Pure.

A process is granted what it needs and no more. Topics of a generation are granted by what their names begin with, so that
a repair, which makes the next generation, needs no new grants.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from schemas.topics import Topics

Kind = Literal["topic", "group"]
Pattern = Literal["literal", "prefixed"]

PROCESSES = ("ingest", "relay", "processors", "projections", "serving", "operator")
"""Whoever reaches the cluster: the stages, and who runs commands."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a process may do with resources of one name, or whose names begin so. Read and Write imply Describe."""

    process: str
    kind: Kind
    name: str
    pattern: Pattern
    operations: tuple[str, ...]


def grants(prefix: str, projections_group: str = "recibo-projections") -> Iterator[Grant]:
    """Yield what every process of a deployment needs.

    Args:
        prefix: of its topics and groups.
        projections_group: what the projections' groups begin with.
    """
    topics = Topics(0, prefix)  # names of a generation end in its number
    events = [_stem(name) for name in (topics.message_events, topics.connection_events, topics.set_aside)]
    states = [_stem(name) for name in (topics.message_state, topics.connection_state)]
    checked = "DescribeConfigs"  # topics are checked at start
    for name in (topics.raw, topics.requests):
        yield Grant("ingest", "topic", name, "literal", ("Write", checked))
    yield Grant("relay", "topic", topics.raw, "literal", ("Read", checked))
    yield Grant("relay", "group", f"{prefix}recibo-relay-", "prefixed", ("Read",))
    yield Grant("processors", "topic", topics.raw, "literal", ("Read", checked))
    yield Grant("processors", "topic", topics.deployment, "literal", ("Read", "Write", checked))
    yield Grant("processors", "group", f"{prefix}recibo-processors-g", "prefixed", ("Read",))
    for name in events:
        yield Grant("processors", "topic", name, "prefixed", ("Read", "Write", checked))
    for name in states:
        yield Grant("processors", "topic", name, "prefixed", ("Read", "Write", checked))
    yield Grant("processors", "topic", topics.holds, "literal", ("Read", "Write", checked))
    for name in (topics.raw, topics.requests, topics.sends, topics.deployment):
        yield Grant("projections", "topic", name, "literal", ("Read", checked))
    for name in (*events, *states):
        yield Grant("projections", "topic", name, "prefixed", ("Read", checked))
    yield Grant("projections", "group", f"{prefix}{projections_group}.", "prefixed", ("Read",))
    yield Grant("serving", "topic", topics.access, "literal", ("Read", checked))
    yield Grant("serving", "topic", topics.looks, "literal", ("Write", checked))
    owned = ("Create", "Delete", "Read", "Write", "DescribeConfigs", "AlterConfigs")
    for name in (
        topics.raw,
        topics.requests,
        topics.sends,
        topics.holds,
        topics.deployment,
        topics.erasures,
        topics.access,
        topics.looks,
    ):
        yield Grant("operator", "topic", name, "literal", owned)
    for name in (*events, *states):
        yield Grant("operator", "topic", name, "prefixed", owned)
    for name in dict.fromkeys(("recibo-", f"{projections_group}.")):
        yield Grant("operator", "group", prefix + name, "prefixed", ("Read", "Delete"))


def kafka_acls(wanted: Iterator[Grant], bootstrap_servers: str, principals: str) -> str:
    """Return a `kafka-acls` command a grant.

    Args:
        wanted: what to grant.
        bootstrap_servers: of the cluster.
        principals: what the principals' names begin with: `User:recibo-` makes `User:recibo-ingest` and so on.
    """
    lines, last = [], ""
    for grant in wanted:
        if grant.process != last:
            lines.append(f"# {grant.process}")
            last = grant.process
        operations = " ".join(f"--operation {operation}" for operation in grant.operations)
        lines.append(
            f"kafka-acls.sh --bootstrap-server {bootstrap_servers} --add --allow-principal {principals}{grant.process}"
            f" {operations} --{grant.kind} {grant.name} --resource-pattern-type {grant.pattern}"
        )
    return "\n".join(lines) + "\n"


def _stem(name: str) -> str:
    """Return what the names of a topic of all generations begin with."""
    return name.removesuffix("0")
