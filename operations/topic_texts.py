"""What would create the topics as declared, for those who create them otherwise: shell commands, or Terraform. Pure."""

from collections.abc import Iterable

from schemas.topics import Topic


def kafka_topics(topics: Iterable[Topic], bootstrap_servers: str, partitions: int, replicas: int) -> str:
    """Return a `kafka-topics` command a topic; one that exists is left as it is."""
    lines = []
    for topic in topics:
        configs = "".join(f" --config {name}={value}" for name, value in config_of(topic, replicas).items())
        lines.append(
            f"kafka-topics.sh --bootstrap-server {bootstrap_servers} --create --if-not-exists --topic {topic.name}"
            f" --partitions {topic.partitions or partitions} --replication-factor {replicas}{configs}"
        )
    return "\n".join(lines) + "\n"


def terraform(topics: Iterable[Topic], partitions: int, replicas: int) -> str:
    """Return a resource `kafka_topic` a topic, as Terraform's Kafka providers have it."""
    resources = []
    for topic in topics:
        config = config_of(topic, replicas)
        width = max(len(name) for name in config) + 2
        entries = [f'    {f"{name}":<{width}} = "{value}"' for name, value in _quoted(config).items()]
        resources.append(
            "\n".join(
                [
                    f'resource "kafka_topic" "{_identifier(topic.name)}" {{',
                    f'  name               = "{topic.name}"',
                    f"  partitions         = {topic.partitions or partitions}",
                    f"  replication_factor = {replicas}",
                    "  config = {",
                    *entries,
                    "  }",
                    "}",
                ]
            )
        )
    return "\n\n".join(resources) + "\n"


def config_of(topic: Topic, replicas: int) -> dict[str, str]:
    """Return a topic's settings on so many brokers: with three, two must hold a record before it counts."""
    return {**topic.config, "min.insync.replicas": "2"} if replicas > 2 else dict(topic.config)  # noqa: PLR2004 - as said


def _quoted(config: dict[str, str]) -> dict[str, str]:
    return {f'"{name}"': value for name, value in config.items()}


def _identifier(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)
