"""What many rounds of faults found, kept in `build/` a line a round, so that runs of one commit add up."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from runtime.programs import CHECKOUT

FOLDER = CHECKOUT / "build" / "faults"


class Tally:
    """The rounds of one suite. Each is written when it ends: a run that is stopped has counted until then."""

    def __init__(self, suite: str, folder: Path = FOLDER, commit: str | None = None) -> None:
        """Add to what `folder` holds of this suite.

        Args:
            suite: its name.
            folder: where the file is, or is to be made.
            commit: what is under test; None: what is checked out here.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.suite = suite
        self.file = folder / f"{suite}.jsonl"
        self.commit = commit if commit is not None else checked_out()
        self._told = 0

    def note(self, seed: int, number: int, differences: int) -> None:
        """Note that round `number` of a seed ended, with so many differences more than before it."""
        line = {
            "commit": self.commit,
            "seed": seed,
            "round": number,
            "differences": differences,
            "at_s": int(time.time()),
        }
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def note_total(self, seed: int, number: int, differences: int) -> None:
        """Note that round `number` ended, where the run counts its differences from its beginning."""
        self.note(seed, number, differences - self._told)
        self._told = differences

    def sum(self) -> dict[str, Any]:
        """Return what all runs of this commit come to."""
        lines = (
            [json.loads(line) for line in self.file.read_text(encoding="utf-8").splitlines()]
            if self.file.exists()
            else []
        )
        mine = [line for line in lines if line["commit"] == self.commit]
        return {
            "suite": self.suite,
            "commit": self.commit,
            "all_rounds": len(mine),
            "all_seeds": sorted({line["seed"] for line in mine}),
            "all_differences": sum(line["differences"] for line in mine),
        }


def checked_out(beside: tuple[str, ...] = ()) -> str:
    """Return the commit that is checked out, marked where files differ from it; "unknown" without a repository.

    Args:
        beside: files whose changes do not count, since the run itself writes them.
    """
    commit = _git("rev-parse", "--short=12", "HEAD")
    changed = _git(
        "status", "--porcelain", "--untracked-files=no", "--", ".", *(f":(exclude){name}" for name in beside)
    )
    return f"{commit}+changes" if commit and changed else commit or "unknown"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
