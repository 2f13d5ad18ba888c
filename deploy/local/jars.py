"""The Apache Kafka broker's jars: fetched once by Maven coordinates (pom.xml), kept in a cache folder."""

import hashlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from schemas.errors import DeploymentError

POM = Path(__file__).with_name("pom.xml")
JAVA_MAJOR_MIN = 17
"""Kafka 4 brokers need it."""

_FETCH_S_MAX = 300
_VERSION_S_MAX = 20


def java_major(version_output: str) -> int | None:
    """Return the major version in what `java -version` prints (`1.8.0_292` is 8), or None when there is none."""
    found = re.search(r'version "(?:1\.)?(\d+)', version_output)
    return int(found[1]) if found else None


def require_java() -> None:
    """Check for a Java that can run the broker.

    Raises:
        DeploymentError: there is none, or it is too old.
    """
    remedy = (
        f"install Java {JAVA_MAJOR_MIN} or later (Debian: apt-get install openjdk-17-jre-headless), "
        "or name a broker with KAFKA_BOOTSTRAP_SERVERS"
    )
    if shutil.which("java") is None:
        raise DeploymentError(f"the local Kafka broker needs Java, and there is no `java` on the PATH: {remedy}")
    asked = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False, timeout=_VERSION_S_MAX)
    major = java_major(asked.stderr + asked.stdout)
    if major is None or major < JAVA_MAJOR_MIN:
        found = (asked.stderr or asked.stdout).partition("\n")[0].strip() or "it does not say which"
        raise DeploymentError(
            f"the local Kafka broker needs Java {JAVA_MAJOR_MIN}, and `java` is another ({found}): {remedy}"
        )


def jars_folder(cache: Path) -> Path:
    """Return the folder under `cache` that holds what pom.xml names, fetching it when it is not there yet.

    Raises:
        DeploymentError: Maven is missing, or could not fetch.
    """
    folder = cache / f"kafka-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"
    if folder.is_dir():
        return folder
    if shutil.which("mvn") is None:
        raise DeploymentError(
            "the local Kafka broker's jars are fetched by Maven, and there is no `mvn` on the PATH: "
            "install Maven (Debian: apt-get install maven), or name a broker with KAFKA_BOOTSTRAP_SERVERS"
        )
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        fetched = Path(scratch) / "jars"
        _fetch(fetched)
        try:
            fetched.rename(folder)  # whole or not at all
        except OSError:
            if not folder.is_dir():  # else another process was faster, with the same jars
                raise
    return folder


def _fetch(into: Path) -> None:
    command = ["mvn", "--batch-mode", "--quiet", "--file", str(POM), "dependency:copy-dependencies"]
    options = ["-DincludeScope=runtime", f"-DoutputDirectory={into}"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False, timeout=_FETCH_S_MAX)
    if done.returncode != 0 or not into.is_dir():
        reasons = [line for line in done.stdout.splitlines() if "ERROR" in line] or ["it does not say why"]
        raise DeploymentError(
            f"Maven could not fetch the Kafka broker: {reasons[0]} (check the network, or ~/.m2/settings.xml)"
        )
