"""The compose file and the image, read as what they are: no Docker engine is needed."""

import re
from pathlib import Path
from typing import Any

import pytest
from click import Context
from ruamel.yaml import YAML

from cli.__main__ import recibo
from runtime.known_variables import KNOWN
from runtime.programs import CHECKOUT

STAGES = {
    "ingest": "ingest",
    "relay": "relay",
    "processors": "processors",
    "projections": "projections",
    "serving": "serving",
}
"""Each stage's service, and the module that it runs."""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file, with its anchors merged."""
    loaded: dict[str, Any] = YAML(typ="safe").load((CHECKOUT / "docker-compose.yml").read_text())
    return loaded


def test_every_long_lived_service_is_watched_and_comes_back(compose: dict[str, Any]) -> None:
    """Each service has a health check and a restart policy; the one that creates topics ends instead."""
    for name, service in compose["services"].items():
        assert service["restart"], name
        assert ("healthcheck" in service) == (name != "topics"), name


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_waits_for_what_it_needs(compose: dict[str, Any], stage: str) -> None:
    """No stage starts before the topics are there, which needs a healthy broker; what asks ClickHouse waits for it too."""
    waits = compose["services"][stage]["depends_on"]
    assert waits["topics"] == {"condition": "service_completed_successfully"}
    assert compose["services"]["topics"]["depends_on"]["kafka"] == {"condition": "service_healthy"}
    assert ("clickhouse" in waits) == (stage in {"projections", "serving"})
    assert compose["services"][stage]["command"] == ["python", "-m", STAGES[stage]]


def test_only_ingest_is_reached_from_elsewhere(compose: dict[str, Any]) -> None:
    """Every published port but the webhooks' is bound to this host's loopback interface."""
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert set(published) == {"ingest", "clickhouse", "serving"}
    assert all(port.startswith("127.0.0.1:") for name in ("clickhouse", "serving") for port in published[name])


def test_every_setting_named_is_one_that_is_read(compose: dict[str, Any]) -> None:
    """A RECIBO_ variable in the compose file or the image that no stage reads would be a misspelling."""
    dockerfile = (CHECKOUT / "deploy" / "Dockerfile").read_text()
    named = set(re.findall(r"\b(RECIBO_[A-Z_]+)=", dockerfile))
    for stage in STAGES:
        named |= {name for name in compose["services"][stage]["environment"] if name.startswith("RECIBO_")}
    assert named <= KNOWN, named - KNOWN


def test_every_command_named_exists(compose: dict[str, Any]) -> None:
    """Each `recibo ...` in the compose file is a command of the command line."""
    named = {
        words[words.index("recibo") + 1]
        for service in compose["services"].values()
        for words in (service.get("command", []), service.get("healthcheck", {}).get("test", []))
        if "recibo" in words
    }
    commands = recibo.list_commands(Context(recibo))
    assert named == {"topics", "ready"}
    assert named <= set(commands)


def test_every_volume_is_declared_and_used(compose: dict[str, Any]) -> None:
    """What must outlive a container is on a named volume: log, tables, spool and stores."""
    mounted = {
        volume.partition(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", [])
        if not volume.startswith("./")
    }
    assert mounted == set(compose["volumes"]) == {"kafka", "clickhouse", "ingest", "processors"}


def test_what_changes_the_sources_reaches_the_stages(compose: dict[str, Any]) -> None:
    """Sources and secrets are files of one mounted directory, so that a file that is replaced is seen; ingest may write."""
    for stage, mode in (("ingest", ""), ("relay", ":ro"), ("processors", ":ro")):
        assert f"./config:/etc/recibo{mode}" in compose["services"][stage]["volumes"], stage
        assert compose["services"][stage]["environment"]["RECIBO_SECRETS_FILE"] == "/etc/recibo/secrets.env"
    assert "RECIBO_CONFIG=/etc/recibo/recibo.toml" in (CHECKOUT / "deploy" / "Dockerfile").read_text()
    assert not any("env_file" in service for service in compose["services"].values()), "their values are interpolated"


def test_the_image_copies_every_package() -> None:
    """The Dockerfile copies each package of the project, and the locked requirements."""
    dockerfile = (CHECKOUT / "deploy" / "Dockerfile").read_text()
    for package in ("schemas", "ingest", "processors", "projections", "deploy"):
        assert f"COPY {package} {package}\n" in dockerfile
        assert Path(CHECKOUT, package).is_dir()
    assert "--require-hashes -r deploy/requirements.txt" in dockerfile
