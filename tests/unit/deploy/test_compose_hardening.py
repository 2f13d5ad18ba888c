"""What the compose file and the image allow, read as what they are."""

import re
import shutil
import subprocess
from typing import Any

import pytest
from ruamel.yaml import YAML

from runtime.programs import CHECKOUT

OURS = ("topics", "ingest", "relay", "processors", "projections", "serving")
WRITABLE = ("kafka",)
"""Services whose images write into their root file system at start."""
TEXT = (CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8")
DOCKERFILE = (CHECKOUT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = YAML(typ="safe").load(TEXT)["services"]


def test_no_password_has_a_default() -> None:
    """Every variable with a password must be given; what is missing is said before anything starts."""
    named = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|TOKEN)\w*)([^}]*)\}", TEXT)
    assert named
    assert all(rest.startswith(":?") for _, rest in named)
    given = re.findall(r"PASSWORD: +(.*)", TEXT)
    assert all(value.startswith("${") for value in given)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_more_than_it_needs(name: str) -> None:
    """No capabilities, no new privileges, a user that is not root, limits of memory and processes, a read-only root."""
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service["user"].startswith(("0", "root"))
    assert service["mem_limit"]
    assert service["pids_limit"] > 0
    assert service.get("read_only", False) == (name not in WRITABLE)


def test_what_a_read_only_service_writes_is_mounted() -> None:
    """Each has a /tmp of its own, and our stages that keep files have a volume for them."""
    for name, service in SERVICES.items():
        assert name in WRITABLE or "/tmp" in service["tmpfs"], name  # noqa: S108 - of the container
    for name in ("ingest", "processors"):
        assert f"{name}:/var/lib/recibo" in SERVICES[name]["volumes"]


def test_images_are_named_by_digest() -> None:
    """Every image is ours, or a variable without a default; the image refuses a base that is named by a tag alone."""
    for name, service in SERVICES.items():
        image = service["image"]
        assert (image == "recibo") == (name in OURS)
        assert image == "recibo" or re.match(r"\$\{\w+_IMAGE:\?", image) or "@sha256:" in image
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert set(bases) == {"${PYTHON_IMAGE}"}
    assert re.search(r"^ARG PYTHON_IMAGE$", DOCKERFILE, re.MULTILINE), "no default"


@pytest.mark.parametrize(("image", "is_taken"), [("python:3.11", False), ("python@sha256:" + "0" * 64, True)])
def test_a_floating_base_is_refused(image: str, *, is_taken: bool) -> None:
    """The check in the Dockerfile, run by a shell as the build runs it."""
    check = re.search(r"^RUN (case .*)$", DOCKERFILE, re.MULTILINE)
    assert check is not None
    shell = shutil.which("sh") or "sh"
    done = subprocess.run([shell, "-c", check[1]], env={"PYTHON_IMAGE": image}, capture_output=True, check=False)
    assert (done.returncode == 0) == is_taken


def test_the_digests_asked_for_are_those_of_the_images_named() -> None:
    """`make images` writes every variable that the compose file wants an image in."""
    script = (CHECKOUT / "deploy" / "images.sh").read_text(encoding="utf-8")
    assert set(re.findall(r"^(\w+_IMAGE) ", script, re.MULTILINE)) == set(re.findall(r"\$\{(\w+_IMAGE):", TEXT))
