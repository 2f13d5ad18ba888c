"""`make sbom`: what the lock files install and the local broker runs, as a CycloneDX 1.6 document.

A locked package has several files, one a platform: an external reference of its component lists the hashes that an
installation is held to. The broker's jars are components with the hash of the file that is there.
"""

import hashlib
import json
import re
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from deploy.local.jars import jars_folder
from runtime.programs import CHECKOUT
from runtime.whole_file import replace_file

SHIPPED: Final = ("requirements.txt",)
"""Lock files of the image; those of the others are for building and testing: scope `excluded`."""
ALL: Final = ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt")
_ENTRY: Final = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[\w., -]*\])?==(?P<version>[^\s;\\]+)", re.MULTILINE)
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_JAR: Final = re.compile(r"^(?P<name>.+?)-(?P<version>\d[\w.-]*)\.jar$")

Component = dict[str, Any]


def main() -> None:
    """Write the document to the path given."""
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    locks = {name: (CHECKOUT / "deploy" / name).read_text(encoding="utf-8") for name in ALL}
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    jars = sorted(jars_folder(CHECKOUT / ".recibo" / "cache").glob("*.jar"))
    document = bill(project["name"], project["version"], [*packages(locks), *map(jar, jars)])
    replace_file(target, json.dumps(document, indent=1) + "\n")
    sys.stdout.write(f"{len(document['components'])} components in {target}\n")


def bill(name: str, version: str, components: Iterable[Component]) -> dict[str, Any]:
    """Return the document: the same for the same components, so that two can be compared."""
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": f"{name}@{version}",
                "name": name,
                "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": sorted(components, key=lambda component: str(component["bom-ref"])),
    }


def packages(locks: dict[str, str]) -> list[Component]:
    """Return a component for each package of the lock files, by their names and texts. Pure."""
    found: dict[str, Component] = {}
    for file, text in locks.items():
        entries = list(_ENTRY.finditer(text))
        ends = [entry.start() for entry in entries[1:]] + [len(text)]
        for entry, end in zip(entries, ends, strict=True):
            name = re.sub(r"[-_.]+", "-", entry["name"]).lower()
            purl = f"pkg:pypi/{name}@{entry['version'].replace('+', '%2B')}"
            hashes = sorted(set(_HASH.findall(text[entry.start() : end])))
            component = found.setdefault(
                purl,
                {
                    "type": "library",
                    "bom-ref": purl,
                    "name": name,
                    "version": entry["version"],
                    "purl": purl,
                    "scope": "excluded",
                    "externalReferences": [{"type": "distribution", "url": purl, "hashes": []}],
                },
            )
            if file in SHIPPED:
                component["scope"] = "required"
            known = component["externalReferences"][0]["hashes"]
            known += [one for digest in hashes if (one := {"alg": "SHA-256", "content": digest}) not in known]
    return list(found.values())


def jar(path: Path) -> Component:
    """Return the component of a jar: its coordinates where it says them, else its file's name."""
    named = _JAR.match(path.name)
    name, version = (named["name"], named["version"]) if named else (path.stem, "")
    group = _group(path, name)
    component: Component = {
        "type": "library",
        "bom-ref": f"jar:{path.name}",
        "name": name,
        "version": version,
        "scope": "optional",
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}],
    }
    if group:
        component |= {"group": group, "purl": f"pkg:maven/{group}/{name}@{version}"}
    return component


def _group(path: Path, name: str) -> str:
    """Return the Maven group that a jar names itself, "" where it does not."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.namelist():
            parts = entry.split("/")
            if entry.startswith("META-INF/maven/") and entry.endswith(f"/{name}/pom.properties"):
                return parts[2]
    return "org.apache.kafka" if name.startswith("kafka") else ""


if __name__ == "__main__":
    main()
