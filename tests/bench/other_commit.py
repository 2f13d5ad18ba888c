"""Another commit, checked out in `build/base/` with an environment of its own, and its own benchmarks run there."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from runtime.programs import CHECKOUT

FOLDER: Final = CHECKOUT / "build" / "base"
_MADE: Final = "made"


class BaseFailed(Exception):
    """The other commit cannot be checked out or installed, or a benchmark failed; says which and how."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A commit with its environment: this one, or another."""

    name: str
    folder: Path
    python: Path

    def run(self, benchmark: str, arguments: Sequence[str], environ: Mapping[str, str]) -> dict[str, Any]:
        """Run one of its benchmarks and return the JSON object that it prints last. Raises BaseFailed."""
        log = self.folder / "build" / f"beside-{benchmark}.log"
        log.parent.mkdir(exist_ok=True)
        with log.open("w", encoding="utf-8") as errors:
            done = subprocess.run(
                [str(self.python), "-m", f"tests.bench.{benchmark}", *arguments],
                cwd=self.folder,
                env={**_without_paths(os.environ), **environ},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                check=False,
            )
        lines = done.stdout.strip().splitlines()
        if done.returncode or not lines:
            raise BaseFailed(f"{benchmark} of {self.name} ended with {done.returncode}; its errors are in {log}")
        result: dict[str, Any] = json.loads(lines[-1])
        return result


def here() -> Checkout:
    """Return what is checked out here."""
    return Checkout("this", CHECKOUT, Path(sys.executable))


def base(commit: str) -> Checkout:
    """Return another commit, checked out and installed by its own Makefile where that was not done before.

    Raises:
        BaseFailed: there is no such commit, or it cannot be installed.
    """
    full = _run("git", "rev-parse", "--verify", f"{commit}^{{commit}}").strip()
    folder = FOLDER / full[:12]
    made = folder / "build" / _MADE
    if not made.exists():
        print(f"checking {commit} out in {folder.relative_to(CHECKOUT)} and installing it …", flush=True)
        if not (folder / ".git").exists():
            _run("git", "worktree", "prune")
            _run("git", "worktree", "add", "--force", "--detach", str(folder), full)
        environment = folder / ".venv"
        if environment.is_symlink():  # a link that was committed leads into somebody else's environment
            environment.unlink()
        _run("make", "--no-print-directory", "-C", str(folder), "install-dev", f"PYTHON={sys.executable}")
        made.parent.mkdir(exist_ok=True)
        made.touch()
    return Checkout(full[:12], folder, folder / ".venv" / "bin" / "python")


def _run(*command: str) -> str:
    done = subprocess.run(
        command, cwd=CHECKOUT, env=_without_paths(os.environ), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BaseFailed(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()[-1000:]}")
    return done.stdout


def _without_paths(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment that leads a program of another checkout nowhere near this one, nor make to our options."""
    ours = ("PYTHONPATH", "VIRTUAL_ENV", "MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "BASE", "NAME")
    return {name: value for name, value in environ.items() if name not in ours}
