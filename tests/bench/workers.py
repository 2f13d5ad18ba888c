"""`make bench NAME=workers`: the work of `processors.py` by one, two and more worker processes of ours on one machine.

Environment: MESSAGES (125000), REPETITIONS (3), WORKERS (1,2,3), PARTS (some of these).
"""

import asyncio
import json
import os
import sys
from functools import partial

from tests.bench.command_line import begin
from tests.bench.measure import median_of
from tests.bench.processors import compare
from tests.bench.program import Failed
from tests.bench.programs import Make, recibo
from tests.bench.results import keep


def main() -> None:
    """Run every number of workers; the last line printed is their JSON."""
    options = begin(__doc__, os.environ.get("WORKERS", "1,2,3").split(","))
    numbers = [int(number) for number in options.parts]
    programs: dict[str, Make] = {str(workers): partial(recibo, workers=workers) for workers in numbers}
    messages, repetitions = int(os.environ.get("MESSAGES", "125000")), int(os.environ.get("REPETITIONS", "3"))
    try:
        runs = asyncio.run(compare(messages, repetitions, programs))
    except Failed as error:
        sys.exit(f"the benchmark fails: {error}")
    result = {"runs": {workers: median_of(each) for workers, each in runs.items()}, "messages": messages}
    keep("workers", result)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
