"""Where benchmarks keep their last results, for the plots."""

import json
from pathlib import Path
from typing import Any

from runtime.programs import CHECKOUT

FOLDER = CHECKOUT / ".recibo" / "bench"


def keep(name: str, result: dict[str, Any]) -> Path:
    """Write a benchmark's result over its last one."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / f"{name}.json"
    file.write_text(json.dumps(result, indent=1) + "\n")
    return file


def last(name: str) -> dict[str, Any] | None:
    """Return a benchmark's last result, or None where it has not been run in this checkout."""
    file = FOLDER / f"{name}.json"
    return json.loads(file.read_text()) if file.exists() else None
