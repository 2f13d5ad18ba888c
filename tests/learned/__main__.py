"""`make learned`: every shape, whether it is learned right, honestly unknown or wrong; the last line is one JSON object."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from tests.learned import all_shapes, held_out_shapes
from tests.learned.verdict import Verdict, judged


def _counts(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    counts: dict[str, Any] = {"shapes": len(verdicts)}
    counts |= {kind: sum(verdict.result == kind for verdict in verdicts) for kind in ("right", "unknown")}
    return {**counts, "wrong": [verdict.name for verdict in verdicts if verdict.result == "wrong"]}


def main() -> None:
    """Print the table, then the counts, those of the held-out shapes by themselves too; exit with 1 where any is wrong."""
    known = [judged(shape) for shape in all_shapes()]
    held_out = [judged(shape) for shape in held_out_shapes.SHAPES]
    for title, verdicts in (("", known), ("held out", held_out)):
        if title:
            sys.stdout.write(f"{title}:\n")
        for verdict in verdicts:
            sys.stdout.write(f"{verdict.result:8} {verdict.name:58} {verdict.why}\n")
    counts = {**_counts([*known, *held_out]), "held_out": _counts(held_out)}
    sys.stdout.write(json.dumps(counts, ensure_ascii=False) + "\n")
    sys.exit(bool(counts["wrong"]))


if __name__ == "__main__":
    main()
