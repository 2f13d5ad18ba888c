"""`make learned`: every shape, whether it is learned right, honestly unknown or wrong; the last line is one JSON object."""

import json
import sys

from tests.learned import all_shapes
from tests.learned.verdict import judged


def main() -> None:
    """Print the table, then the counts; exit with 1 where anything is wrong."""
    verdicts = [judged(shape) for shape in all_shapes()]
    for verdict in verdicts:
        sys.stdout.write(f"{verdict.result:8} {verdict.name:58} {verdict.why}\n")
    wrong = [verdict.name for verdict in verdicts if verdict.result == "wrong"]
    counts = {kind: sum(verdict.result == kind for verdict in verdicts) for kind in ("right", "unknown")}
    sys.stdout.write(json.dumps({"shapes": len(verdicts), **counts, "wrong": wrong}, ensure_ascii=False) + "\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
