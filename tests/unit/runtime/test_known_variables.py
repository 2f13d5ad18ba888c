"""A variable of ours that nobody reads is named, with the one that was probably meant."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from runtime.known_variables import unknown_variables, warn_of_unknown_variables


def test_a_mistyped_variable_is_named_with_the_nearest_known_one() -> None:
    """What begins with RECIBO_ and is not known is named; the rest of the environment is nobody's business."""
    names = ("RECIBO_INGEST_WORKER_COUNT", "RECIBO_SECRETS_FIEL", "RECIBO_X", "PATH", "RECIBO_INGEST_PORT")
    assert dict(unknown_variables(names, "")) == {
        "RECIBO_INGEST_WORKER_COUNT": "RECIBO_INGEST_WORKERS",
        "RECIBO_SECRETS_FIEL": "RECIBO_SECRETS_FILE",
        "RECIBO_X": "",
    }


def test_the_variables_of_secrets_are_known() -> None:
    """A variable that recibo.toml names, or that is called as the command line calls secrets, is no mistake."""
    assert not list(unknown_variables(("RECIBO_SECRET_LOJA", "RECIBO_MINE"), 'env = "RECIBO_MINE"'))


@pytest.mark.parametrize("content", [None, b"\xe9", b'env = "RECIBO_MINE"'], ids=["no file", "Latin-1", "named"])
def test_the_warning_reads_the_sources_whatever_their_state(content: bytes | None, tmp_path: Path) -> None:
    """A file that is missing or not UTF-8 does not keep the warning from being made: others refuse it."""
    path = tmp_path / "recibo.toml"
    if content is not None:
        path.write_bytes(content)
    with capture_logs() as logs:
        warn_of_unknown_variables({"RECIBO_CONFIG": str(path), "RECIBO_MINE": "", "RECIBO_LOG_LEVL": "2"})
    said = [log["event"] for log in logs]
    assert "RECIBO_LOG_LEVL is set, and nothing reads it; did you mean RECIBO_LOG_LEVEL?" in said
    assert len(said) == (1 if content == b'env = "RECIBO_MINE"' else 2)


def test_a_supervised_worker_repeats_no_warning() -> None:
    """Only the supervisor warns: its workers have the same environment."""
    with capture_logs() as logs:
        warn_of_unknown_variables({"RECIBO_INGEST_WORKER": "0", "RECIBO_LOG_LEVL": "2"})
    assert not logs
