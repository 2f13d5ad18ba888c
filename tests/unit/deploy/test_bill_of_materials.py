"""The bill of materials names what the lock files install and what the local broker runs."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.bill_of_materials import ALL, SHIPPED, bill, jar, packages
from tests.support.source_tree import ROOT
from tests.unit.deploy.test_requirements import FOLDER, PINNED

SAMPLE = 10
"""Components that are validated by the schema: its check of addresses takes long."""


@pytest.fixture
def components() -> list[dict[str, Any]]:
    """The components of the lock files as they are."""
    return packages({name: (FOLDER / name).read_text(encoding="utf-8") for name in ALL})


def test_every_locked_package_is_named_with_its_hashes(components: list[dict[str, Any]]) -> None:
    """Each entry of each lock file is a component of its version, with every hash that an installation is held to."""
    by_purl = {component["purl"]: component for component in components}
    assert len(by_purl) == len(components)
    for name in ALL:
        for entry in PINNED.finditer((FOLDER / name).read_text(encoding="utf-8")):
            requirement = Requirement(entry["requirement"])
            (pin,) = requirement.specifier
            component = by_purl[f"pkg:pypi/{canonicalize_name(requirement.name)}@{pin.version}"]
            named = {digest["content"] for digest in component["externalReferences"][0]["hashes"]}
            assert set(re.findall(r"[0-9a-f]{64}", entry[2])) <= named
            assert name not in SHIPPED or component["scope"] == "required"


def test_the_document_is_cyclonedx(components: list[dict[str, Any]], tmp_path: Path) -> None:
    """It is valid by the standard's own strict schema, jars included."""
    path = tmp_path / "kafka-clients-4.1.0.jar"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("META-INF/x", "y")
    document = json.dumps(bill("recibo", "0.1.0", [*components[:SAMPLE], jar(path)]))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(document) is None
    assert "pkg:maven/org.apache.kafka/kafka-clients@4.1.0" in document


def test_the_command_writes_it() -> None:
    """`make sbom` runs this module."""
    assert "-m deploy.bill_of_materials" in (ROOT / "Makefile").read_text(encoding="utf-8")
