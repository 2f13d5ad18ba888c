"""Every process refuses every wrong setting that applies to it: exit code 2, the variable's name, no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.programs import CHECKOUT

STAGES = ("ingest", "relay", "processors", "projections", "serving")
END_S_MAX = 30
"""The machine may be busy with other tests; on an idle one it is under two seconds."""
_PORT_VARIABLE = {"ingest": "RECIBO_INGEST_PORT", "serving": "RECIBO_API_METRICS_PORT"}

WRONG = [
    *((stage, "KAFKA_BOOTSTRAP_SERVERS", "one, two") for stage in STAGES),
    *((stage, "RECIBO_LOG_LEVEL", "LOUD") for stage in STAGES),
    *((stage, _PORT_VARIABLE.get(stage, f"RECIBO_{stage.upper()}_METRICS_PORT"), "-1") for stage in STAGES),
    *((stage, _PORT_VARIABLE.get(stage, f"RECIBO_{stage.upper()}_METRICS_PORT"), "http") for stage in STAGES),
    ("processors", "RECIBO_REPAIR_GENERATION", "-1"),
    ("ingest", "RECIBO_INGEST_WORKERS", "0"),
    ("processors", "RECIBO_PROCESSORS_WORKERS", "0"),
    ("processors", "RECIBO_PROCESSORS_WORKER", "../other"),
    ("processors", "RECIBO_PROCESSORS_BATCH_RECORDS_MAX", "-5"),
    ("projections", "RECIBO_PROJECTIONS_BATCH_ROWS_MAX", "-5"),
    ("ingest", "RECIBO_INGEST_BODY_BYTES_MAX", "1000000000"),
    ("ingest", "RECIBO_INGEST_KAFKA_COMPRESSION", "zzz"),
    ("ingest", "RECIBO_INGEST_TLS_CERT_FILE", "cert.pem"),
    ("ingest", "RECIBO_PUBLIC_URL", "hooks.example.com"),
    ("projections", "RECIBO_PROJECTIONS_ACCEPTS_GAPS", "perhaps"),
    ("projections", "RECIBO_PROJECTIONS_STORE", "x; DROP DATABASE y"),
    ("projections", "RECIBO_PROJECTIONS_RETRY_PAUSE_MS_MIN", "60000"),
    ("projections", "CLICKHOUSE_URL", "127.0.0.1:8123"),
    ("relay", "RECIBO_RELAY_ALLOWED_NETWORKS", "inside"),
    ("relay", "RECIBO_RELAY_BACKOFF_MS_MIN", "90000"),
]


def start(stage: str, folder: Path, **environ: str) -> "subprocess.Popen[str]":
    """Start a stage with these settings alone, in a folder of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("RECIBO_", "KAFKA_", "CLICK"))}
    environ = {**clean, "PYTHONPATH": str(CHECKOUT), **environ}
    return subprocess.Popen([sys.executable, "-m", stage], env=environ, cwd=folder, stderr=subprocess.PIPE, text=True)


def refusal_of(stage: str, folder: Path, **environ: str) -> str:
    """Return what a stage that must end at once with code 2 writes to its log."""
    process = start(stage, folder, **environ)
    try:
        _, log = process.communicate(timeout=END_S_MAX)
    finally:
        process.kill()
    assert process.returncode == 2, log
    assert "Traceback" not in log
    return log


@pytest.mark.parametrize(("stage", "variable", "value"), WRONG)
def test_a_wrong_setting_is_refused(stage: str, variable: str, value: str, tmp_path: Path) -> None:
    """The process ends with code 2 before it connects anywhere, and says which variable is wrong, in one line."""
    log = refusal_of(stage, tmp_path, **{variable: value})
    assert variable in log
    assert len(log.splitlines()) == 1


@pytest.mark.parametrize("stage", ["ingest", "relay", "processors"])
@pytest.mark.parametrize("fault", ["Latin-1", "a directory", "not TOML"])
def test_sources_that_cannot_be_read_are_refused(stage: str, fault: str, tmp_path: Path) -> None:
    """A recibo.toml that is not UTF-8, no file, or no TOML ends the process likewise, naming the file."""
    path = tmp_path / "sources.toml"
    if fault == "a directory":
        path.mkdir()
    else:
        path.write_bytes("# Padrão\n".encode("latin-1") if fault == "Latin-1" else b"[sources\n")
    assert str(path) in refusal_of(stage, tmp_path, RECIBO_CONFIG=str(path))


@pytest.mark.parametrize("stage", STAGES)
def test_an_unknown_variable_is_named_at_start(stage: str, tmp_path: Path) -> None:
    """A mistyped name is warned of before anything else happens, with the variable that was probably meant."""
    process = start(stage, tmp_path, RECIBO_LOG_LEVL="INFO")
    assert process.stderr is not None
    try:
        said = next((line for line in process.stderr if "RECIBO_LOG_LEVL" in line), "")
    finally:
        process.kill()
        process.communicate()
    assert "did you mean RECIBO_LOG_LEVEL?" in said
