"""What `recibo topics` prints for people who create topics and grants otherwise."""

from pathlib import Path

import pytest

from operations.acls import PROCESSES, grants, kafka_acls
from operations.doctor import topics_found
from operations.topic_texts import kafka_topics, terraform
from runtime.kafka.topic_check import FoundTopic
from schemas.topics import Topics, declared

GOLDEN = Path(__file__).parent / "golden"
_TOPICS = declared(Topics(2, "staging."))

PRINTED = {
    "kafka_topics.txt": kafka_topics(_TOPICS, "kafka:9092", 12, 3),
    "topics.tf": terraform(_TOPICS, 12, 3),
    "kafka_acls.txt": kafka_acls(grants("staging."), "kafka:9092", "User:recibo-"),
}


@pytest.mark.parametrize("name", PRINTED)
def test_what_is_printed(name: str) -> None:
    """Commands, Terraform and grants are as the files beside this test say, which were read by a person."""
    assert PRINTED[name] == (GOLDEN / name).read_text(encoding="utf-8")


def test_every_process_is_granted_something() -> None:
    """No process is forgotten, and only the operator may create, delete or change."""
    wanted = list(grants(""))
    assert tuple(dict.fromkeys(grant.process for grant in wanted)) == PROCESSES
    powerful = {grant.process for grant in wanted if {"Create", "Delete", "AlterConfigs"} & set(grant.operations)}
    assert powerful == {"operator"}


def test_what_cannot_be_read_is_unchecked() -> None:
    """Topics and settings that a principal may not see are neither as declared nor failures."""
    found = {t.name: FoundTopic(t.partitions or 4, 3, has_leaders=True, config=None) for t in _TOPICS[1:]}
    findings = list(topics_found(_TOPICS, found, {_TOPICS[0].name}))
    assert [finding.level for finding in findings] == ["unchecked", "unchecked"]
    assert _TOPICS[0].name in findings[0].text
    (missing, *_) = topics_found(_TOPICS, {}, set())
    assert missing.level == "fail"
