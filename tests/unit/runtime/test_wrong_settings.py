"""Every process refuses every wrong setting that applies to it: exit code 2, the variable's name, no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.programs import CHECKOUT

STAGES = ("ingest", "relay", "processors", "projections")
END_S_MAX = 30
"""The machine may be busy with other tests; on an idle one it is under two seconds."""
_PORT_VARIABLE = {"ingest": "RECIBO_INGEST_PORT"}

WRONG = [
    *((stage, "KAFKA_BOOTSTRAP_SERVERS", "one, two") for stage in STAGES),
    *((stage, "RECIBO_LOG_LEVEL", "LOUD") for stage in STAGES),
    *((stage, _PORT_VARIABLE.get(stage, f"RECIBO_{stage.upper()}_METRICS_PORT"), "-1") for stage in STAGES),
    *((stage, _PORT_VARIABLE.get(stage, f"RECIBO_{stage.upper()}_METRICS_PORT"), "http") for stage in STAGES),
    ("processors", "RECIBO_GENERATION", "0"),
    ("projections", "RECIBO_GENERATION", "0"),
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


def run(stage: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a stage that is to end at once."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("RECIBO_", "KAFKA_", "CLICK"))}
    return subprocess.run(
        [sys.executable, "-m", stage],
        env={**clean, "PYTHONPATH": str(CHECKOUT), **environ},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=END_S_MAX,
        check=False,
    )


@pytest.mark.parametrize(("stage", "variable", "value"), WRONG)
def test_a_wrong_setting_is_refused(stage: str, variable: str, value: str, tmp_path: Path) -> None:
    """The process ends with code 2 before it connects anywhere, and says which variable is wrong, in one line."""
    done = run(stage, tmp_path, **{variable: value})
    assert done.returncode == 2, done.stderr
    assert variable in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
