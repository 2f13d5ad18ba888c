"""What the local stack says and decides before anything runs."""

import socket
from pathlib import Path

import pytest

from deploy.local import jars
from deploy.local.jars import jars_folder, java_major, require_java
from runtime.directory_lock import DirectoryLock
from runtime.ports import HOST, chosen_port
from runtime.supervisor import backoff_s, ending
from schemas.errors import DeploymentError


@pytest.mark.parametrize(
    ("printed", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_292"', 8),
        ('openjdk version "25" 2025-09-16', 25),
        ("The operation couldn't be completed. Unable to locate a Java Runtime.", None),
    ],
)
def test_java_version_is_read(printed: str, major: int | None) -> None:
    """The major version is read from every shape in which Java prints it."""
    assert java_major(printed) == major


def test_missing_java_and_maven_are_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without Java or Maven the error is one line that says what to install and what to do instead."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeploymentError, match=r"needs Java.*install Java 17.*KAFKA_BOOTSTRAP_SERVERS"):
        require_java()
    with pytest.raises(DeploymentError, match=r"`mvn`.*install Maven.*KAFKA_BOOTSTRAP_SERVERS"):
        jars_folder(tmp_path / "cache")


def test_old_java_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A Java too old for the broker is refused by its version, before the broker fails obscurely."""
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(DeploymentError, match=r"needs Java 17.*11\.0\.2"):
        require_java()


def test_a_failed_fetch_leaves_no_half_filled_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """When Maven fails its reason is reported, and the next start tries again from nothing."""
    mvn = tmp_path / "mvn"
    mvn.write_text("#!/bin/sh\necho '[ERROR] no route to host'\nexit 1\n")
    mvn.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    cache = tmp_path / "cache"
    with pytest.raises(DeploymentError, match="no route to host"):
        jars_folder(cache)
    assert list(cache.iterdir()) == []
    assert jars.POM.is_file()


def test_a_busy_port_is_named_with_the_option_that_changes_it() -> None:
    """A port in use stops the start with the port, its purpose and the option to choose another."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(DeploymentError, match=rf"port {port}, wanted for ingest.*--port"):
            chosen_port(port, "ingest", "--port")


def test_a_directory_has_one_owner(tmp_path: Path) -> None:
    """A second owner is refused with the first one's process id, and admitted once that has let go."""
    first = DirectoryLock(tmp_path, "test")
    with pytest.raises(DeploymentError, match=r"in use by another test \(process \d+\).*another directory"):
        DirectoryLock(tmp_path, "test")
    first.release()
    DirectoryLock(tmp_path, "test").release()


def test_backoff_doubles_up_to_half_a_minute() -> None:
    """Quick deaths in a row are followed by longer and longer waits, up to 30 seconds."""
    assert [backoff_s(n) for n in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_an_ending_names_the_signal_or_the_code() -> None:
    """The log says whether a process was killed or left by itself."""
    assert ending(-9) == "killed by SIGKILL"
    assert ending(3) == "exit code 3"
