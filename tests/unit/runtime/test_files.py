"""Files that people write are read by one reader, replaced whole, and locked without following links."""

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from runtime.directory_lock import DirectoryLock
from runtime.secrets_file import add_secrets, exposed_to, read_secrets, remove_secrets, warn_of_exposed_secrets
from runtime.sources_file import SourcesFile
from runtime.text_file import read_text
from runtime.whole_file import new_file, replace_file
from schemas.errors import ConfigurationError, DeploymentError

SOURCE = '[sources.x]\nprovider = "wpp_marketing"\nauth = { kind = "bearer", secrets = [{ env = "S" }] }\n'


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """The new content stands in place of the old, under the old permissions, and nothing is left beside it."""
    path = tmp_path / "new" / "folder" / "file"
    replace_file(path, "old")
    path.chmod(0o640)
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(path.parent) == ["file"]  # noqa: PTH208 - names are compared


def test_a_write_that_fails_changes_nothing(tmp_path: Path) -> None:
    """After an error half-way the old content is there, and no unfinished file."""
    path = tmp_path / "file"
    replace_file(path, "old")

    def write_and_fail() -> None:
        with new_file(path) as file:
            file.write(b"ne")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        write_and_fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_planted_link_is_not_written_through(tmp_path: Path) -> None:
    """A link where the unfinished file will stand is removed, and what it leads to stays as it is."""
    other = tmp_path / "other"
    other.write_text("theirs")
    (tmp_path / ".file.part").symlink_to(other)
    with new_file(tmp_path / "file", is_sole_writer=True) as file:
        file.write(b"ours")
    assert other.read_text() == "theirs"
    assert (tmp_path / "file").read_text() == "ours"


def test_a_lock_follows_no_link(tmp_path: Path) -> None:
    """A lock file that is a link is refused in one sentence, and what it leads to is neither made nor changed."""
    other = tmp_path / "other"
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / ".lock").symlink_to(other)
    with pytest.raises(DeploymentError, match="cannot be locked, it is a link: remove it"):
        DirectoryLock(tmp_path / "data", "test")
    assert not other.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no such file; create it, or set RECIBO_CONFIG"),
        ("directory", "Is a directory; correct it, or set RECIBO_CONFIG"),
        (b"# one\n# Padr\xe3o\n", ":2: not UTF-8: save it as UTF-8"),
        (b"[sources\n", "not TOML"),
    ],
    ids=["missing", "directory", "Latin-1", "not TOML"],
)
def test_sources_that_cannot_be_read_are_a_configuration_error(
    content: bytes | str | None, said: str, tmp_path: Path
) -> None:
    """Whatever is wrong with recibo.toml, the one reader names the file and says what to do."""
    path = tmp_path / "recibo.toml"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        path.mkdir()
    with pytest.raises(ConfigurationError, match=str(path)) as refused:
        SourcesFile(path).read({})
    assert said in str(refused.value)


def test_a_missing_file_may_mean_no_sources(tmp_path: Path) -> None:
    """Who does not need recibo.toml reads none as no sources; a directory in its place is refused all the same."""
    assert not SourcesFile(tmp_path / "recibo.toml", may_be_missing=True).read({}).by_name
    with pytest.raises(ConfigurationError, match="Is a directory"):
        SourcesFile(tmp_path, may_be_missing=True).read({})


def test_a_variable_wins_over_a_line_of_the_secrets(tmp_path: Path) -> None:
    """Secrets come from the file, and from the environment where it has them; who needs them is refused without."""
    config, secrets = tmp_path / "recibo.toml", tmp_path / "secrets.env"
    config.write_text(SOURCE)
    with pytest.raises(ConfigurationError, match="set the environment variable S"):
        SourcesFile(config, secrets).read({}, needs_secrets=True)
    add_secrets(secrets, {"S": "file"})
    read = SourcesFile(config, secrets)
    assert read.read({}, needs_secrets=True).by_name["x"].secrets[0].value == "file"
    assert read.read({"S": "environ"}).by_name["x"].secrets[0].value == "environ"


@pytest.mark.parametrize("line", ["SECRET", "export A=b", "=value", "7UP=x"])
def test_a_malformed_line_of_secrets_is_refused_everywhere(line: str, tmp_path: Path) -> None:
    """A line that is no NAME=value is named by file and number, never shown, and nothing is added behind it."""
    path = tmp_path / "secrets.env"
    path.write_text(f"# mine\n{line}\n")
    with pytest.raises(ConfigurationError, match=r"secrets.env:2: expected NAME=value$"):
        read_secrets(path)
    with pytest.raises(ConfigurationError, match=r"secrets.env:2"):
        add_secrets(path, {"B": "c"})
    assert path.read_text() == f"# mine\n{line}\n"


def test_secrets_are_changed_line_by_line(tmp_path: Path) -> None:
    """What is added and removed leaves comments and other secrets, and the file stays its owner's alone."""
    path = tmp_path / "secrets.env"
    add_secrets(path, {})
    assert read_text(path, "RECIBO_SECRETS_FILE") == ""
    path.write_text("# mine\nA=1\nB=2\n")
    add_secrets(path, {"A": "3", "C": "4"})
    remove_secrets(path, {"B", "Z"})
    assert path.read_text() == "# mine\nA=3\nC=4\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    """A configuration that is a named pipe is refused at once: reading it would hang the process."""
    pipe = tmp_path / "recibo.toml"
    os.mkfifo(pipe)
    with pytest.raises(ConfigurationError, match="not a regular file"):
        read_text(pipe, "RECIBO_CONFIG")


def test_what_a_link_leads_to_is_replaced(tmp_path: Path) -> None:
    """A file that is a link stays one: the file it leads to gets the new content."""
    (tmp_path / "real").write_text("old")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")
    replace_file(link, "new")
    assert link.is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_secrets_that_everybody_may_read_are_told(tmp_path: Path) -> None:
    """At start the log says so, and doctor who may read them; a file that is its owner's alone is nothing to tell."""
    path = tmp_path / "secrets.env"
    for mode, readers, told in ((0o600, "", 0), (0o640, "its group", 0), (0o644, "everybody", 1)):
        add_secrets(path, {"A": "b"})
        path.chmod(mode)
        assert exposed_to(path) == readers
        with capture_logs() as said:
            warn_of_exposed_secrets(path)
        assert len(said) == told
    assert exposed_to(None) == exposed_to(tmp_path / "missing") == ""
