"""Small libraries that stand between a process and the C library, compiled when they are first wanted."""

import shutil
import subprocess
from pathlib import Path


def preloaded(source: Path, folder: Path) -> Path:
    """Compile a C file into `folder` and return the library, for LD_PRELOAD. Needs gcc."""
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / f"{source.stem}.so"
    gcc = shutil.which("gcc")
    assert gcc is not None, "gcc is needed: mark the test needs_tool('gcc')"
    subprocess.run([gcc, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True)
    return library
